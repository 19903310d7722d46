#include "engine/runtime/pass_plan.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// As PassPlan, with a list for each pass.
struct Plan {
  std::vector<std::vector<size_t>> passes;
  bool side_by_side = false;
};

Plan MakePlan(const std::vector<int64_t>& num_rows, int num_threads) {
  // Memory that was used before.
  static auto& plan = *new PassPlan;
  PlanPasses(num_rows, num_threads, &plan);
  EXPECT_EQ(plan.tasks.size(), num_rows.size());
  Plan lists = {.side_by_side = plan.side_by_side};
  size_t begin = 0;
  for (const size_t end : plan.ends) {
    lists.passes.emplace_back(plan.tasks.begin() + begin,
                              plan.tasks.begin() + end);
    begin = end;
  }
  EXPECT_EQ(begin, num_rows.size());
  return lists;
}

int64_t RowsOf(const std::vector<size_t>& pass,
               const std::vector<int64_t>& num_rows) {
  return std::accumulate(
      pass.begin(), pass.end(), int64_t{0},
      [&](int64_t sum, size_t task) { return sum + num_rows[task]; });
}

void ExpectEachTaskOnce(const Plan& plan, size_t num_tasks) {
  std::vector<int> times(num_tasks, 0);
  for (const std::vector<size_t>& pass : plan.passes) {
    EXPECT_FALSE(pass.empty());
    for (const size_t task : pass) ++times.at(task);
  }
  EXPECT_THAT(times, testing::Each(1));
}

TEST(PlanPassesTest, OfNothingIsNothing) {
  EXPECT_THAT(MakePlan({}, 2).passes, IsEmpty());
}

TEST(PlanPassesTest, AFewRowsAreForAllThreads) {
  const Plan plan = MakePlan({20, 30, 10}, 2);
  EXPECT_FALSE(plan.side_by_side);
  EXPECT_THAT(plan.passes, ElementsAre(ElementsAre(0, 1, 2)));
}

TEST(PlanPassesTest, ATaskThatOutlastsTheOthersIsForAllThreads) {
  EXPECT_FALSE(MakePlan({300, 100, 100}, 2).side_by_side);
  EXPECT_TRUE(MakePlan({200, 100, 100}, 2).side_by_side);
  const Plan longest = MakePlan({100, 2000, 100, 2000}, 2);
  EXPECT_FALSE(longest.side_by_side);
  EXPECT_THAT(longest.passes, ElementsAre(ElementsAre(0), ElementsAre(1),
                                          ElementsAre(2), ElementsAre(3)));
}

TEST(PlanPassesTest, TasksOfOneLengthKeepTheirOrder) {
  const Plan plan = MakePlan(std::vector<int64_t>(40, 20), 2);
  EXPECT_TRUE(plan.side_by_side);
  size_t next = 0;
  for (const std::vector<size_t>& pass : plan.passes) {
    for (const size_t task : pass) EXPECT_EQ(task, next++);
  }
}

TEST(PlanPassesTest, OneThreadTakesTasksInTheirOrder) {
  const Plan plan = MakePlan({300, 200, 100, 500, 12, 1}, 1);
  EXPECT_FALSE(plan.side_by_side);
  EXPECT_THAT(plan.passes, ElementsAre(ElementsAre(0, 1), ElementsAre(2),
                                       ElementsAre(3, 4), ElementsAre(5)));
}

// Whoever is free takes the next pass: how long the last works alone.
int64_t RowsOfBusiest(const Plan& plan, int num_threads,
                      const std::vector<int64_t>& num_rows) {
  std::vector<int64_t> busy_until(num_threads, 0);
  for (const std::vector<size_t>& pass : plan.passes) {
    *std::min_element(busy_until.begin(), busy_until.end()) +=
        RowsOf(pass, num_rows);
  }
  return *std::max_element(busy_until.begin(), busy_until.end());
}

TEST(PlanPassesTest, ThreadsEndTogether) {
  std::mt19937 random(1);
  for (const int num_threads : {2, 3, 8}) {
    for (int i = 0; i < 100; ++i) {
      std::vector<int64_t> num_rows(8 * num_threads + random() % 500);
      for (int64_t& rows : num_rows) rows = 1 + random() % 170;
      const int64_t total =
          std::accumulate(num_rows.begin(), num_rows.end(), int64_t{0});
      const Plan plan = MakePlan(num_rows, num_threads);
      ExpectEachTaskOnce(plan, num_rows.size());
      ASSERT_TRUE(plan.side_by_side) << total << " for " << num_threads;
      for (const std::vector<size_t>& pass : plan.passes) {
        EXPECT_LE(RowsOf(pass, num_rows), kMaxPassRows);
      }
      // All but the last pass of each are even.
      EXPECT_LE(RowsOfBusiest(plan, num_threads, num_rows),
                total / num_threads + 170);
    }
  }
}

}  // namespace
}  // namespace parley
