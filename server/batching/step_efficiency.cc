#include "server/batching/step_efficiency.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace parley {
namespace {

constexpr double kKept = 0.98;  // The last fifty steps of a size count.
// Of the best rate. Rates of a size that was not seen for long may be off by
// what other work took from the machine since.
constexpr double kNearly = 0.8;

}  // namespace

void StepEfficiency::Add(int64_t num_rows, absl::Duration time) {
  if (num_rows < 1 || time <= absl::ZeroDuration()) return;
  const size_t size = std::bit_width(static_cast<uint64_t>(num_rows)) - 1;
  Steps& steps = by_size_[std::min(size, by_size_.size() - 1)];
  steps.rows = steps.rows * kKept + static_cast<double>(num_rows);
  steps.seconds = steps.seconds * kKept + absl::ToDoubleSeconds(time);
}

std::optional<int64_t> StepEfficiency::efficient_rows() const {
  double best = 0;
  for (const Steps& steps : by_size_) best = std::max(best, steps.rate());
  if (best == 0) return std::nullopt;
  size_t size = 0;
  while (by_size_[size].rate() < kNearly * best) ++size;
  return int64_t{1} << size;
}

}  // namespace parley
