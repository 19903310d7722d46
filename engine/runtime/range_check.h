// Whether a number of a task is one that a model can take.
#ifndef PARLEY_ENGINE_RUNTIME_RANGE_CHECK_H_
#define PARLEY_ENGINE_RUNTIME_RANGE_CHECK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace parley {

// INVALID_ARGUMENT, naming `what`, where `value` is not within [low, high].
absl::Status CheckRange(absl::string_view what, int64_t value, int64_t low,
                        int64_t high);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_RANGE_CHECK_H_
