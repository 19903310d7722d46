// When it makes sense to try again, as a status may say.
#ifndef PARLEY_BASE_RETRY_AFTER_H_
#define PARLEY_BASE_RETRY_AFTER_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace parley {

// REQUIRES: !status->ok()
void SetRetryAfter(absl::Duration delay, absl::Status* status);

// Nothing where the status does not say.
std::optional<absl::Duration> GetRetryAfter(const absl::Status& status);

}  // namespace parley

#endif  // PARLEY_BASE_RETRY_AFTER_H_
