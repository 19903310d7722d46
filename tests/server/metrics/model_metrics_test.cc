#include "server/metrics/model_metrics.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "server/metrics/metrics.h"
#include "tests/server/metrics/exposition.h"

namespace parley {
namespace {

const SampleLabels kModel = {{"model", "demo"}};

class ModelMetricsTest : public testing::Test {
 protected:
  Exposition Read() const { return Exposition(metrics_.Text()); }

  Metrics metrics_{"1.2.3"};
  ModelMetrics& model_ = *metrics_.ForModel("demo");
};

TEST_F(ModelMetricsTest, CountsWhatBecomesOfTasks) {
  model_.AddRejected("queue_full", 0);
  model_.AddRejected("deadline", 3);
  model_.AddRejected("deadline", 2);
  model_.AddDropped("queued", "CANCELLED", 1);
  model_.AddDropped("active", "DEADLINE_EXCEEDED", 1);
  model_.AddFailed("INTERNAL");
  model_.AddEvicted();
  model_.AddCacheHit();
  model_.AddCacheMiss();
  model_.AddCacheMiss();
  const Exposition all = Read();
  const auto rejected = [&all](const char* reason) {
    return all.Value("parley_tasks_rejected_total",
                     {{"model", "demo"}, {"reason", reason}});
  };
  EXPECT_EQ(rejected("queue_full"), 0);
  EXPECT_EQ(rejected("deadline"), 5);
  EXPECT_EQ(all.Value("parley_tasks_dropped_total", {{"model", "demo"},
                                                     {"stage", "queued"},
                                                     {"code", "CANCELLED"}}),
            1);
  EXPECT_EQ(all.Value("parley_tasks_failed_total",
                      {{"model", "demo"}, {"code", "INTERNAL"}}),
            1);
  EXPECT_EQ(all.Value("parley_tasks_evicted_total", kModel), 1);
  EXPECT_EQ(all.Value("parley_tasks_finished_total", kModel), 0);
  EXPECT_EQ(all.Value("parley_result_cache_hits_total", kModel), 1);
  EXPECT_EQ(all.Value("parley_result_cache_misses_total", kModel), 2);
}

TEST_F(ModelMetricsTest, TimesOfATaskAreSeconds) {
  model_.AddQueueTime(absl::Milliseconds(20));
  model_.AddFirstToken(absl::Milliseconds(40));
  model_.AddFinished({.compute_time = absl::Seconds(2),
                      .num_source_tokens = 5,
                      .num_target_tokens = 8});
  model_.AddFinished({.compute_time = absl::Seconds(1),
                      .num_source_tokens = 7,
                      .num_target_tokens = 0});  // An embedding.
  const Exposition all = Read();
  EXPECT_EQ(all.Value("parley_queue_duration_seconds_sum", kModel), 0.02);
  EXPECT_EQ(all.Value("parley_first_token_seconds_sum", kModel), 0.04);
  EXPECT_EQ(all.Value("parley_compute_duration_seconds_sum", kModel), 3);
  EXPECT_EQ(all.Value("parley_compute_duration_seconds_count", kModel), 2);
  EXPECT_EQ(all.Value("parley_target_token_seconds_sum", kModel), 0.25);
  EXPECT_EQ(all.Value("parley_target_token_seconds_count", kModel), 1);
  EXPECT_EQ(all.Value("parley_source_tokens_total", kModel), 12);
  EXPECT_EQ(all.Value("parley_target_tokens_total", kModel), 8);
  EXPECT_EQ(all.Value("parley_tasks_finished_total", kModel), 2);
}

TEST_F(ModelMetricsTest, AStepCountsWhereItDidSomething) {
  model_.AddStep({.time = absl::Milliseconds(1), .num_encoder_tokens = 24});
  model_.AddStep({.time = absl::Milliseconds(2), .num_rows = 6});
  model_.AddStep(
      {.time = absl::Milliseconds(4), .num_encoder_tokens = 8, .num_rows = 2});
  const Exposition all = Read();
  EXPECT_EQ(all.Value("parley_step_duration_seconds_count", kModel), 3);
  EXPECT_NEAR(all.Value("parley_step_duration_seconds_sum", kModel), 0.007,
              1e-9);
  EXPECT_EQ(all.Value("parley_step_rows_count", kModel), 2);
  EXPECT_EQ(all.Value("parley_step_rows_sum", kModel), 8);
  EXPECT_EQ(
      all.Value("parley_step_rows_bucket", {{"model", "demo"}, {"le", "4"}}),
      1);
  EXPECT_EQ(all.Value("parley_step_encoder_tokens_count", kModel), 2);
  EXPECT_EQ(all.Value("parley_step_encoder_tokens_sum", kModel), 32);
}

TEST_F(ModelMetricsTest, ManyThreadsCountRight) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int j = 0; j < 1000; ++j) {
        model_.AddStep({.time = absl::Milliseconds(1), .num_rows = 1});
        model_.AddRejected("deadline", 1);
      }
    });
  }
  for (int i = 0; i < 10; ++i) Read();
  for (std::thread& thread : threads) thread.join();
  const Exposition all = Read();
  EXPECT_EQ(all.Value("parley_step_rows_count", kModel), 4000);
  EXPECT_EQ(all.Value("parley_tasks_rejected_total",
                      {{"model", "demo"}, {"reason", "deadline"}}),
            4000);
}

}  // namespace
}  // namespace parley
