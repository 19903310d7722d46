#include "server/batching/throughput.h"

#include <cmath>

namespace parley {
namespace {

constexpr double kMemorySeconds = 5;
constexpr double kMinSeconds = 0.2;

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

}  // namespace parley
