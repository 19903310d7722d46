// Integers of a model's JSON files, with their ranges checked.
#ifndef PARLEY_ENGINE_MODELS_CONFIG_READER_H_
#define PARLEY_ENGINE_MODELS_CONFIG_READER_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/weights/json_file.h"

namespace parley {

struct IntRange {
  int low = 0;
  int high = 0;
  // What a missing key means; nullopt: it must be there.
  std::optional<int> unset;
};

// The integer of that key. INVALID_ARGUMENT names file, key, value and range.
absl::StatusOr<int> ReadInt(const JsonFile& file, absl::string_view key,
                            const IntRange& range);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_CONFIG_READER_H_
