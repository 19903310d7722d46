#include "server/batching/throughput.h"

#include <cmath>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace parley {
namespace {

constexpr double kMemorySeconds = 5;
constexpr double kMinSeconds = 0.2;

constexpr char kRetryAfterUrl[] = "parley/retry_after_nanoseconds";

}  // namespace

void Throughput::Add(int64_t work, absl::Duration time) {
  const double seconds = absl::ToDoubleSeconds(time);
  if (seconds <= 0) return;
  const double kept = std::exp(-seconds / kMemorySeconds);
  work_ = work_ * kept + static_cast<double>(work);
  seconds_ = seconds_ * kept + seconds;
}

std::optional<double> Throughput::work_per_second() const {
  if (seconds_ < kMinSeconds || work_ <= 0) return std::nullopt;
  return work_ / seconds_;
}

void SetRetryAfter(absl::Duration delay, absl::Status* status) {
  status->SetPayload(kRetryAfterUrl,
                     absl::Cord(absl::StrCat(absl::ToInt64Nanoseconds(delay))));
}

std::optional<absl::Duration> GetRetryAfter(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kRetryAfterUrl);
  int64_t nanoseconds = 0;
  if (!payload.has_value() ||
      !absl::SimpleAtoi(std::string(*payload), &nanoseconds)) {
    return std::nullopt;
  }
  return absl::Nanoseconds(nanoseconds);
}

}  // namespace parley
