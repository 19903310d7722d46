#include "server/registry/model_observer.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/fake_model.h"
#include "tests/server/metrics/exposition.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

const SampleLabels kModel = {{"model", "demo"}};

class ModelObserverTest : public testing::Test {
 protected:
  ModelObserverTest() {
    model_ = Serve("demo", MakeFakeModel(std::make_shared<FakeEngineControl>()),
                   {.clock = [this] { return now_; }});
    model_->version = "3";
    model_->observer = observer_;
    ModelObserver::Show(observer_, model_, absl::Seconds(2));
  }

  double Value(const std::string& name, const SampleLabels& more = {}) const {
    SampleLabels labels = kModel;
    labels.insert(more.begin(), more.end());
    return Exposition(metrics_.Text()).Value(name, labels);
  }

  Metrics metrics_{"1"};
  absl::Time now_ = absl::UnixEpoch();
  std::shared_ptr<ServedModel> model_;
  const std::shared_ptr<ModelObserver> observer_ =
      std::make_shared<ModelObserver>("demo", &metrics_);
};

TEST_F(ModelObserverTest, ShowsTheVersionFromTheStart) {
  EXPECT_EQ(Value("parley_model_load_seconds", {{"version", "3"}}), 2);
  EXPECT_EQ(Value("parley_active_tasks"), 0);
  EXPECT_EQ(Value("parley_kv_cache_blocks"), 1 << 20);
  EXPECT_EQ(Value("parley_tasks_rejected_total", {{"reason", "queue_full"}}),
            0);
  EXPECT_EQ(Value("parley_tasks_dropped_total",
                  {{"stage", "queued"}, {"code", "CANCELLED"}}),
            0);
}

TEST_F(ModelObserverTest, EveryEventHasItsMetric) {
  observer_->OnRejected(RejectReason::kQueueFull, 2);
  observer_->OnRejected(RejectReason::kQueueDelay, 3);
  observer_->OnRejected(RejectReason::kDeadline, 4);
  observer_->OnRejected(RejectReason::kClosed, 5);
  observer_->OnAdmitted(absl::Seconds(1));
  observer_->OnFirstToken(absl::Seconds(2));
  observer_->OnFinished({.compute_time = absl::Seconds(4),
                         .num_source_tokens = 3,
                         .num_target_tokens = 8});
  observer_->OnFailed(absl::InternalError("NaN"));
  observer_->OnDropped(LeaveStage::kQueued, absl::CancelledError());
  observer_->OnDropped(LeaveStage::kActive, absl::DeadlineExceededError(""));
  observer_->OnEvicted();
  observer_->OnCacheHit();
  observer_->OnCacheMiss();
  const Exposition all(metrics_.Text());
  EXPECT_THAT(all.LabelValues("reason"),
              ElementsAre("closed", "deadline", "queue_delay", "queue_full"));
  EXPECT_THAT(all.LabelValues("stage"), ElementsAre("active", "queued"));
  EXPECT_EQ(Value("parley_tasks_rejected_total", {{"reason", "queue_full"}}),
            2);
  EXPECT_EQ(Value("parley_tasks_rejected_total", {{"reason", "queue_delay"}}),
            3);
  EXPECT_EQ(Value("parley_tasks_rejected_total", {{"reason", "deadline"}}), 4);
  EXPECT_EQ(Value("parley_tasks_rejected_total", {{"reason", "closed"}}), 5);
  EXPECT_EQ(Value("parley_queue_duration_seconds_sum"), 1);
  EXPECT_EQ(Value("parley_first_token_seconds_sum"), 2);
  EXPECT_EQ(Value("parley_compute_duration_seconds_sum"), 4);
  EXPECT_EQ(Value("parley_target_token_seconds_sum"), 0.5);
  EXPECT_EQ(Value("parley_tasks_failed_total", {{"code", "INTERNAL"}}), 1);
  EXPECT_EQ(Value("parley_tasks_dropped_total",
                  {{"stage", "queued"}, {"code", "CANCELLED"}}),
            1);
  EXPECT_EQ(Value("parley_tasks_dropped_total",
                  {{"stage", "active"}, {"code", "DEADLINE_EXCEEDED"}}),
            1);
  EXPECT_EQ(Value("parley_tasks_evicted_total"), 1);
  EXPECT_EQ(Value("parley_result_cache_hits_total"), 1);
  EXPECT_EQ(Value("parley_result_cache_misses_total"), 1);
}

TEST_F(ModelObserverTest, EnginesAreSummed) {
  observer_->OnLoad(0, {.num_tasks = 2, .num_rows = 8, .kv_blocks = 10});
  observer_->OnLoad(2, {.num_tasks = 1, .num_rows = 1, .kv_blocks = 5});
  observer_->OnLoad(2, {.num_tasks = 3, .num_rows = 3, .kv_blocks = 7});
  EXPECT_EQ(Value("parley_active_tasks"), 5);
  EXPECT_EQ(Value("parley_active_rows"), 11);
  EXPECT_EQ(Value("parley_kv_cache_blocks_used"), 17);
  observer_->OnLoad(0, {});
  EXPECT_EQ(Value("parley_active_tasks"), 3);
}

TEST_F(ModelObserverTest, ReadsTheQueue) {
  std::vector<QueueEntry> entries(3);
  for (QueueEntry& entry : entries) entry.done = [](TaskOutcome) {};
  ASSERT_TRUE(model_->queue->Push(std::move(entries)).ok());
  now_ += absl::Seconds(20);
  EXPECT_EQ(Value("parley_queue_tasks"), 3);
  EXPECT_EQ(Value("parley_queue_oldest_age_seconds"), 20);
}

TEST_F(ModelObserverTest, IsGoneWithTheModelButForItsCounts) {
  observer_->OnEvicted();
  model_.reset();
  const Exposition all(metrics_.Text());
  EXPECT_FALSE(all.Has("parley_queue_tasks", kModel));
  EXPECT_THAT(all.LabelValues("compute_type"), ElementsAre());
  EXPECT_EQ(all.Value("parley_tasks_evicted_total", kModel), 1);
}

}  // namespace
}  // namespace parley
