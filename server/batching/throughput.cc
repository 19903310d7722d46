#include "server/batching/throughput.h"

#include <cmath>

namespace parley {
namespace {

constexpr double kMemorySeconds = 5;
constexpr double kMinSeconds = 0.2;
constexpr double kKeptOfTasks = 0.995;  // The last few hundred count.

}  // namespace

void Throughput::Add(int64_t num_rows, absl::Duration time) {
  const double seconds = absl::ToDoubleSeconds(time);
  if (seconds <= 0) return;
  const double kept = std::exp(-seconds / kMemorySeconds);
  rows_ = rows_ * kept + static_cast<double>(num_rows);
  seconds_ = seconds_ * kept + seconds;
}

void Throughput::AddTask(int64_t expected, int64_t actual) {
  expected_ = expected_ * kKeptOfTasks + static_cast<double>(expected);
  actual_ = actual_ * kKeptOfTasks + static_cast<double>(actual);
}

std::optional<double> Throughput::work_per_second() const {
  if (seconds_ < kMinSeconds || rows_ <= 0) return std::nullopt;
  const double rows_per_second = rows_ / seconds_;
  return actual_ > 0 ? rows_per_second * expected_ / actual_ : rows_per_second;
}

}  // namespace parley
