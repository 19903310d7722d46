#include "engine/runtime/pass_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

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

PassPlan PlanPasses(absl::Span<const int64_t> num_rows, int num_threads) {
  PassPlan plan;
  if (num_rows.empty()) return plan;
  int64_t left = absl::c_accumulate(num_rows, int64_t{0});
  plan.side_by_side = IsSideBySide(num_rows, left, num_threads);
  std::vector<size_t> order(num_rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (plan.side_by_side) {
    // Short tasks fill up what long ones leave.
    absl::c_stable_sort(order, [num_rows](size_t a, size_t b) {
      return num_rows[a] > num_rows[b];
    });
  }
  for (size_t i = 0; i < order.size();) {
    const int64_t most =
        plan.side_by_side
            ? std::clamp(left / num_threads, kMinPassRows, kMaxPassRows)
            : kMaxPassRows;
    std::vector<size_t> pass;
    int64_t rows = 0;
    for (; i < order.size(); ++i) {
      if (!pass.empty() && rows + num_rows[order[i]] > most) break;
      rows += num_rows[order[i]];
      pass.push_back(order[i]);
    }
    left -= rows;
    plan.passes.push_back(std::move(pass));
  }
  return plan;
}

}  // namespace parley
