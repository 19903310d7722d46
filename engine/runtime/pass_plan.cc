#include "engine/runtime/pass_plan.h"

#include <algorithm>
#include <numeric>

#include "absl/algorithm/container.h"

namespace parley {
namespace {

// With fewer rows for each thread, it takes as long to read the weights as to
// multiply by them, and all threads together read them but once.
constexpr int64_t kMinRowsOfAThread = 64;
// Shorter passes would not even out the threads by more than they cost.
constexpr int64_t kMinPassRows = 96;

bool IsSideBySide(absl::Span<const int64_t> num_rows, int64_t total,
                  int num_threads) {
  if (num_threads == 1 || total < num_threads * kMinRowsOfAThread) return false;
  // The others would wait for a longer one.
  const int64_t longest = *absl::c_max_element(num_rows);
  return longest <= std::min(kMaxPassRows, total / num_threads);
}

}  // namespace

void PlanPasses(absl::Span<const int64_t> num_rows, int num_threads,
                PassPlan* plan) {
  auto& [tasks, ends, side_by_side] = *plan;
  tasks.resize(num_rows.size());
  std::iota(tasks.begin(), tasks.end(), size_t{0});
  ends.clear();
  int64_t left = absl::c_accumulate(num_rows, int64_t{0});
  side_by_side = IsSideBySide(num_rows, left, num_threads);
  if (side_by_side) {
    // Short tasks fill up what long ones leave. In no memory of its own, as a
    // stable sort has.
    absl::c_sort(tasks, [num_rows](size_t a, size_t b) {
      return num_rows[a] != num_rows[b] ? num_rows[a] > num_rows[b] : a < b;
    });
  }
  for (size_t begin = 0; begin < tasks.size(); begin = ends.back()) {
    const int64_t most = side_by_side ? std::clamp(left / num_threads,
                                                   kMinPassRows, kMaxPassRows)
                                      : kMaxPassRows;
    size_t end = begin;
    int64_t rows = 0;
    for (; end < tasks.size(); ++end) {
      if (end > begin && rows + num_rows[tasks[end]] > most) break;
      rows += num_rows[tasks[end]];
    }
    left -= rows;
    ends.push_back(end);
  }
}

}  // namespace parley
