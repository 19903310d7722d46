// A puppet: the test prepares and steps by hand, on one thread, with a clock
// of its own.
#include "server/batching/engine_driver.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/batching/fake_engine.h"
#include "tests/server/fake_shortlist.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EngineDriverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto clock = [this] { return now_; };
    model_ = FakeModel({.max_tasks = 100, .clock = clock}, &engine_);
    driver_ = std::make_unique<EngineDriver>(
        model_, 0,
        EngineDriver::Options{.step_budget = {.max_encoder_tokens = 1000},
                              .clock = clock});
  }

  QueueEntry Entry(Task task) {
    const TokenId name = task.source_ids.empty() ? 0 : task.source_ids.front();
    QueueEntry entry;
    if (auto cost = engine_->Cost(task); cost.ok()) entry.cost = *cost;
    entry.task = std::move(task);
    entry.done = [this, name](TaskOutcome outcome) {
      const bool is_first = outcomes_.emplace(name, std::move(outcome)).second;
      EXPECT_TRUE(is_first) << "task " << name << " was answered twice";
    };
    return entry;
  }

  void Push(QueueEntry entry) {
    std::vector<QueueEntry> entries;
    entries.push_back(std::move(entry));
    ASSERT_TRUE(model_->queue->Push(std::move(entries)).ok());
  }

  void Give(std::vector<Message>* messages) {
    for (Message& message : *messages) Deliver(std::move(message));
    messages->clear();
  }

  // One round of the runner: prepares, and steps if there is work.
  void Round() {
    std::vector<Message> answers;
    driver_->Prepare(&answers);
    if (driver_->has_work()) driver_->Step(&answers);
    Give(&answers);
  }

  absl::StatusCode CodeOf(TokenId name) {
    const auto it = outcomes_.find(name);
    return it == outcomes_.end() ? absl::StatusCode::kUnknown
                                 : it->second.result.status().code();
  }

  std::map<TokenId, TaskOutcome> outcomes_;  // By name.
  absl::Time now_ = absl::FromUnixSeconds(1000);
  FakeEngine* engine_;
  std::shared_ptr<ServedModel> model_;
  std::unique_ptr<EngineDriver> driver_;
};

TEST_F(EngineDriverTest, TasksJoinAndLeaveBetweenSteps) {
  Push(Entry(FakeTask(1, 3)));
  Round();
  Push(Entry(FakeTask(2, 1)));
  Round();
  EXPECT_EQ(CodeOf(2), absl::StatusCode::kOk);
  EXPECT_EQ(outcomes_.count(1), 0);
  Round();
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kOk);
  EXPECT_FALSE(driver_->has_work());
}

TEST_F(EngineDriverTest, TheShortlistChoosesWhenATaskIsAdmitted) {
  model_->shortlist = std::make_unique<FakeShortlist>();
  engine_->max_rows = 1;
  for (const TokenId name : {1, 2, 3}) {
    QueueEntry entry = Entry(FakeTask(name, 2));
    entry.use_shortlist = name != 1;
    Push(std::move(entry));
  }
  engine_->num_to_evict = 1;
  while (outcomes_.size() < 3) Round();
  const std::vector<TokenId> of_2 = {2, 256};
  const std::vector<TokenId> of_3 = {3, 256};
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 1, 2, 3));
  EXPECT_THAT(engine_->target_tokens,
              ElementsAre(IsEmpty(), IsEmpty(), of_2, of_3));
}

TEST_F(EngineDriverTest, TellsWaitingFromComputing) {
  engine_->max_rows = 1;
  Push(Entry(FakeTask(1, 1)));
  Push(Entry(FakeTask(2, 1)));
  engine_->before_step = [this](FakeEngine&) {
    now_ += absl::Seconds(3);
    return absl::OkStatus();
  };
  now_ += absl::Seconds(2);
  Round();
  Round();
  EXPECT_EQ(outcomes_.at(1).queue_time, absl::Seconds(2));
  EXPECT_EQ(outcomes_.at(1).compute_time, absl::Seconds(3));
  EXPECT_EQ(outcomes_.at(2).queue_time, absl::Seconds(5));
  EXPECT_EQ(outcomes_.at(2).compute_time, absl::Seconds(3));
}

TEST_F(EngineDriverTest, SmallTasksPassALargeOneForAWhile) {
  Push(Entry(FakeTask(1, 3, /*num_beams=*/2)));
  Push(Entry(FakeTask(2, 1, /*num_beams=*/4)));
  Push(Entry(FakeTask(3, 3, /*num_beams=*/1)));
  Round();
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 3));
  Push(Entry(FakeTask(4, 1)));
  now_ += absl::Seconds(1);
  Round();  // There is room for 4, but 2 has been passed for long enough.
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 3));
  Round();
  Round();
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 3, 2));
  Round();
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 3, 2, 4));
  EXPECT_EQ(outcomes_.size(), 4);
}

TEST_F(EngineDriverTest, ADocumentDoesNotTakeAllPlaces) {
  engine_->max_rows = 16;
  const std::shared_ptr<const void> document = std::make_shared<int>();
  for (TokenId name = 1; name <= 20; ++name) {
    QueueEntry entry = Entry(FakeTask(name, 4));
    entry.call = document;
    Push(std::move(entry));
  }
  Round();
  EXPECT_EQ(engine_->num_tasks(), 14);
  for (const TokenId name : {30, 31}) Push(Entry(FakeTask(name, 1)));
  Round();
  EXPECT_EQ(CodeOf(30), absl::StatusCode::kOk);
  EXPECT_EQ(CodeOf(31), absl::StatusCode::kOk);
  while (outcomes_.size() < 22) Round();
}

TEST_F(EngineDriverTest, ADocumentTakesItsTurnsWhileSentencesKeepComing) {
  engine_->max_rows = 8;
  TokenId next_sentence = 1000;
  for (int i = 0; i < 8; ++i) Push(Entry(FakeTask(next_sentence++, 4)));
  Round();
  const std::shared_ptr<const void> document = std::make_shared<int>();
  for (TokenId name = 1; name <= 12; ++name) {
    QueueEntry entry = Entry(FakeTask(name, 4));
    entry.call = document;
    Push(std::move(entry));
  }
  // As many wait behind each of its sentences as there are places.
  for (int i = 0; i < 12; ++i) {
    while (next_sentence < 1000 + 8 * (i + 2)) {
      Push(Entry(FakeTask(next_sentence++, 4)));
    }
    Round();
  }
  for (TokenId name = 1; name <= 7; ++name) {
    EXPECT_EQ(CodeOf(name), absl::StatusCode::kOk) << name;
  }
}

TEST_F(EngineDriverTest, ADocumentLeavesTokensOfEachStepToOthers) {
  engine_->max_rows = 100;
  engine_->max_encoder_tokens = 100;
  driver_ = std::make_unique<EngineDriver>(
      model_, 0,
      EngineDriver::Options{.step_budget = {.max_encoder_tokens = 16},
                            .clock = [this] { return now_; }});
  const std::shared_ptr<const void> document = std::make_shared<int>();
  for (TokenId name = 1; name <= 12; ++name) {
    QueueEntry entry =
        Entry({.source_ids = {name, 0}, .search = {.max_new_tokens = 9}});
    entry.call = document;
    Push(std::move(entry));
  }
  Push(Entry({.source_ids = {20}, .search = {.max_new_tokens = 9}}));
  Round();
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 2, 3, 4, 5, 6, 7, 20));
  Round();
  EXPECT_THAT(engine_->admitted,
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 20, 8, 9, 10, 11, 12));
}

TEST_F(EngineDriverTest, ASentenceBesideADocumentDoesNotWaitForAllOfIt) {
  engine_->max_rows = 100;
  engine_->before_step = [this](FakeEngine& engine) {
    now_ += absl::Milliseconds(100 - engine.capacity().rows);
    return absl::OkStatus();
  };
  const auto push = [this](const std::shared_ptr<const void>& call,
                           TokenId name, int num_steps) {
    QueueEntry entry = Entry(FakeTask(name, num_steps));
    entry.call = call;
    Push(std::move(entry));
  };
  const std::shared_ptr<const void> document = std::make_shared<int>();
  for (TokenId name = 1; name <= 10; ++name) push(document, name, 6);
  Round();
  // A step without encoding: with so many rows steps are efficient, for all
  // that is known.
  Round();
  push(std::make_shared<int>(), 20, 4);
  for (int i = 0; i < 4; ++i) Round();
  EXPECT_EQ(CodeOf(20), absl::StatusCode::kOk);
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kOk);
  EXPECT_EQ(CodeOf(10), absl::StatusCode::kUnknown);
  while (driver_->has_work()) Round();
  EXPECT_EQ(outcomes_.size(), 11);
}

TEST_F(EngineDriverTest, AnEngineThatIsFullAfterAllIsAskedAgainLater) {
  Push(Entry(FakeTask(1, 2, /*num_beams=*/3)));
  QueueEntry modest = Entry(FakeTask(2, 1, /*num_beams=*/2));
  modest.cost.max_rows = 1;  // Less than it takes.
  Push(std::move(modest));
  Round();
  EXPECT_EQ(model_->queue->size(), 1);
  Round();
  Round();
  EXPECT_EQ(CodeOf(2), absl::StatusCode::kOk);
}

TEST_F(EngineDriverTest, WhatCanNeverFitIsAnsweredAtOnce) {
  Push(Entry(FakeTask(1, 1, /*num_beams=*/5)));
  Push(Entry(Task{.search = {.max_new_tokens = 1}}));  // Has no source.
  Push(Entry(FakeTask(2, 1)));
  Round();
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOf(0), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(2), absl::StatusCode::kOk);
}

TEST_F(EngineDriverTest, DropsTheCancelledWaitingAndActive) {
  engine_->max_rows = 1;
  auto cancel = std::make_shared<CancelFlag>();
  for (const TokenId name : {1, 2}) {
    QueueEntry entry = Entry(FakeTask(name, 5));
    entry.cancel = cancel;
    Push(std::move(entry));
  }
  Push(Entry(FakeTask(3, 1)));
  Round();
  EXPECT_THAT(outcomes_, IsEmpty());
  cancel->Cancel();
  Round();
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kCancelled);
  EXPECT_EQ(CodeOf(2), absl::StatusCode::kCancelled);
  // Their room was given on in the same round.
  EXPECT_EQ(CodeOf(3), absl::StatusCode::kOk);
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 3));
}

TEST_F(EngineDriverTest, DropsTheLateWaitingAndActive) {
  engine_->max_rows = 1;
  for (const TokenId name : {1, 2}) {
    QueueEntry entry = Entry(FakeTask(name, 5));
    entry.deadline = now_ + absl::Seconds(10);
    Push(std::move(entry));
  }
  Round();
  now_ += absl::Seconds(10);
  Round();
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(CodeOf(2), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(outcomes_.at(1).compute_time, absl::Seconds(10));
  EXPECT_EQ(outcomes_.at(2).queue_time, absl::Seconds(10));
  EXPECT_FALSE(driver_->has_work());
}

TEST_F(EngineDriverTest, InALongQueueTheUnwantedNeverReachTheEngine) {
  engine_->max_rows = 1;
  auto cancel = std::make_shared<CancelFlag>();
  std::vector<QueueEntry> entries;
  for (TokenId name = 1; name <= 1000; ++name) {
    entries.push_back(Entry(FakeTask(name, 1)));
    if (name > 1) entries.back().cancel = cancel;
  }
  model_->queue = std::make_unique<TaskQueue>(TaskQueue::Options{});
  ASSERT_TRUE(model_->queue->Push(std::move(entries)).ok());
  Round();
  cancel->Cancel();
  Round();
  EXPECT_EQ(outcomes_.size(), 1000);
  EXPECT_THAT(engine_->admitted, ElementsAre(1));
}

TEST_F(EngineDriverTest, AdmitsNoMoreThanTheNextStepEncodes) {
  engine_->max_encoder_tokens = 100;
  driver_ = std::make_unique<EngineDriver>(
      model_, 0,
      EngineDriver::Options{.step_budget = {.max_encoder_tokens = 3},
                            .clock = [this] { return now_; }});
  for (const TokenId name : {1, 2}) {
    Push(Entry({.source_ids = {name, 0}, .search = {.max_new_tokens = 9}}));
  }
  Push(Entry({.source_ids = {3, 0, 0, 0, 0}, .search = {.max_new_tokens = 9}}));
  Round();
  EXPECT_THAT(engine_->admitted, ElementsAre(1));
  Round();
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 2));
  Round();  // Above the budget: the only one of its step.
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 2, 3));
}

TEST_F(EngineDriverTest, ReplicasShareWhatWaits) {
  auto second = std::make_unique<FakeEngine>();
  FakeEngine* const other = second.get();
  model_->engines.push_back(std::move(second));
  EngineDriver other_driver(model_, 1,
                            {.step_budget = {.max_encoder_tokens = 1000},
                             .clock = [this] { return now_; }});
  for (TokenId name = 1; name <= 4; ++name) Push(Entry(FakeTask(name, 2)));
  std::vector<Message> messages;
  driver_->Prepare(&messages);
  other_driver.Prepare(&messages);
  driver_->Prepare(&messages);
  other_driver.Prepare(&messages);
  EXPECT_EQ(engine_->admitted.size(), 2);
  EXPECT_EQ(other->admitted.size(), 2);
  for (int i = 0; i < 2; ++i) {
    driver_->Step(&messages);
    other_driver.Step(&messages);
  }
  Give(&messages);
  EXPECT_EQ(outcomes_.size(), 4);
}

TEST_F(EngineDriverTest, TellsOfProgressOnceThoughATaskIsEvicted) {
  Task task = {.source_ids = {1, 2, 3, 4, 5},
               .search = {.max_new_tokens = 5},
               .wants_progress = true};
  std::vector<TokenId> told;
  QueueEntry entry = Entry(task);
  entry.progress = [&told](std::vector<TokenId> tokens) {
    told.insert(told.end(), tokens.begin(), tokens.end());
  };
  Push(std::move(entry));
  for (int i = 0; i < 3; ++i) Round();
  EXPECT_THAT(told, ElementsAre(5, 4, 3));
  engine_->num_to_evict = 1;
  Round();
  while (outcomes_.empty()) Round();
  // The last is the answer's.
  EXPECT_THAT(told, ElementsAre(5, 4, 3, 2));
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 1));
}

TEST_F(EngineDriverTest, MeasuresHowFastAFullEngineIs) {
  engine_->max_rows = 1;
  engine_->before_step = [this](FakeEngine&) {
    now_ += absl::Milliseconds(100);
    return absl::OkStatus();
  };
  for (TokenId name = 1; name <= 20; ++name) Push(Entry(FakeTask(name, 1)));
  const auto wait = [this] {
    return model_->queue->CheckRoom({.deadline = now_ + absl::Seconds(1)});
  };
  EXPECT_TRUE(wait().ok());
  for (int i = 0; i < 5; ++i) Round();
  // A task is a source token and a row, ten of each a second: 15 wait, of a
  // work of 2 each.
  EXPECT_TRUE(absl::IsResourceExhausted(wait())) << wait();
  for (int i = 0; i < 10; ++i) Round();
  EXPECT_TRUE(wait().ok()) << wait();
}

// Counts what it is told.
class CountingObserver : public BatchingObserver {
 public:
  void OnAdmitted(absl::Duration) override { ++num_admitted; }
  void OnFirstToken(absl::Duration) override { ++num_first_tokens; }
  void OnStep(const StepReport& report) override { steps.push_back(report); }
  void OnLoad(size_t replica, const EngineLoad& load) override {
    EXPECT_EQ(replica, 0);
    loads.push_back(load);
  }
  void OnFinished(const TaskReport& report) override {
    finished.push_back(report);
  }
  void OnFailed(const absl::Status&) override { ++num_failed; }
  void OnDropped(LeaveStage stage, const absl::Status&) override {
    ++(stage == LeaveStage::kQueued ? num_dropped_queued : num_dropped_active);
  }
  void OnEvicted() override { ++num_evicted; }

  int num_admitted = 0;
  int num_first_tokens = 0;
  int num_failed = 0;
  int num_dropped_queued = 0;
  int num_dropped_active = 0;
  int num_evicted = 0;
  std::vector<StepReport> steps;
  std::vector<EngineLoad> loads;
  std::vector<TaskReport> finished;
};

TEST_F(EngineDriverTest, TellsTheObserver) {
  const auto observer = std::make_shared<CountingObserver>();
  model_->observer = observer;
  engine_->max_rows = 3;
  engine_->before_step = [this](FakeEngine&) {
    now_ += absl::Seconds(2);
    return absl::OkStatus();
  };
  auto cancel = std::make_shared<CancelFlag>();
  for (const TokenId name : {1, 2, 3, 4}) {
    QueueEntry entry = Entry(FakeTask(name, 2));
    if (name > 2) entry.cancel = cancel;
    Push(std::move(entry));
  }
  Round();  // 4 waits.
  EXPECT_EQ(observer->num_admitted, 3);
  EXPECT_EQ(observer->num_first_tokens, 3);
  ASSERT_EQ(observer->steps.size(), 1);
  EXPECT_EQ(observer->steps[0].time, absl::Seconds(2));
  EXPECT_EQ(observer->steps[0].num_encoder_tokens, 3);
  EXPECT_EQ(observer->steps[0].num_rows, 3);
  ASSERT_EQ(observer->loads.size(), 1);
  EXPECT_EQ(observer->loads[0].num_tasks, 3);
  EXPECT_EQ(observer->loads[0].num_rows, 3);
  cancel->Cancel();
  engine_->fail_youngest = absl::OutOfRangeError("not a number");
  Round();
  EXPECT_EQ(observer->num_dropped_active, 1);
  EXPECT_EQ(observer->num_dropped_queued, 1);
  EXPECT_EQ(observer->num_failed, 1);
  ASSERT_EQ(observer->finished.size(), 1);
  EXPECT_EQ(observer->finished[0].compute_time, absl::Seconds(4));
  EXPECT_EQ(observer->finished[0].num_source_tokens, 1);
  EXPECT_EQ(observer->finished[0].num_target_tokens, 1);
  // After the cancelled left, and after the step.
  ASSERT_EQ(observer->loads.size(), 3);
  EXPECT_EQ(observer->loads[1].num_tasks, 2);
  EXPECT_EQ(observer->loads[1].num_rows, 2);
  EXPECT_EQ(observer->loads[2].num_tasks, 0);
  EXPECT_EQ(observer->loads[2].num_rows, 0);
}

TEST_F(EngineDriverTest, AFirstTokenIsToldOfOnce) {
  const auto observer = std::make_shared<CountingObserver>();
  model_->observer = observer;
  engine_->num_to_evict = 1;
  Push(Entry(FakeTask(1, 2)));
  while (CodeOf(1) != absl::StatusCode::kOk) Round();
  EXPECT_EQ(observer->num_evicted, 1);
  EXPECT_EQ(observer->num_admitted, 2);
  EXPECT_EQ(observer->num_first_tokens, 1);
  model_->info.kind = ModelKind::kEncoder;
  Push(Entry(FakeTask(2, 1)));
  Round();
  EXPECT_EQ(CodeOf(2), absl::StatusCode::kOk);
  EXPECT_EQ(observer->num_first_tokens, 1);
}

TEST_F(EngineDriverTest, ALostEngineHoldsNothing) {
  const auto observer = std::make_shared<CountingObserver>();
  model_->observer = observer;
  Push(Entry(FakeTask(1, 5)));
  engine_->before_step = [](FakeEngine&) {
    return absl::DataLossError("the weights are gone");
  };
  Round();
  ASSERT_FALSE(observer->loads.empty());
  EXPECT_EQ(observer->loads.back().num_tasks, 0);
  EXPECT_EQ(observer->loads.back().num_rows, 0);
}

TEST_F(EngineDriverTest, IsDoneWhenClosedAndEmpty) {
  Push(Entry(FakeTask(1, 2)));
  EXPECT_FALSE(driver_->is_done());
  model_->queue->Close(absl::UnavailableError("unloaded"));
  Round();
  EXPECT_FALSE(driver_->is_done());
  Round();
  EXPECT_TRUE(driver_->is_done());
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kOk);
}

TEST_F(EngineDriverTest, AFailedTaskFailsAlone) {
  Push(Entry(FakeTask(1, 1)));
  Push(Entry(FakeTask(2, 1)));
  engine_->fail_youngest = absl::OutOfRangeError("not a number");
  Round();
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kOk);
  EXPECT_EQ(CodeOf(2), absl::StatusCode::kOutOfRange);
}

TEST_F(EngineDriverTest, EvictedTasksComeBackInTheirPlace) {
  engine_->max_rows = 3;
  for (const TokenId name : {1, 2, 3, 4}) Push(Entry(FakeTask(name, 2)));
  engine_->num_to_evict = 2;
  Round();  // 1, 2, 3 go in; 3 and 2 come out.
  EXPECT_EQ(model_->queue->size(), 3);
  Round();
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 2, 3, 2, 3));
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kOk);
  while (driver_->has_work()) Round();
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 2, 3, 2, 3, 4));
  ASSERT_EQ(CodeOf(2), absl::StatusCode::kOk);
  // The task came back whole.
  EXPECT_THAT(outcomes_.at(2).result->hypotheses.at(0).token_ids,
              ElementsAre(2));
}

TEST_F(EngineDriverTest, AnEvictedTaskCanStillBeCancelled) {
  auto cancel = std::make_shared<CancelFlag>();
  QueueEntry entry = Entry(FakeTask(1, 2));
  entry.cancel = cancel;
  Push(std::move(entry));
  engine_->num_to_evict = 1;
  Round();
  cancel->Cancel();
  Round();
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kCancelled);
  EXPECT_THAT(engine_->admitted, ElementsAre(1));
}

TEST_F(EngineDriverTest, ALostEngineAnswersEverythingAndRefusesMore) {
  engine_->max_rows = 1;
  for (const TokenId name : {1, 2}) Push(Entry(FakeTask(name, 5)));
  engine_->before_step = [](FakeEngine&) {
    return absl::DataLossError("the weights are gone");
  };
  Round();
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kInternal);
  EXPECT_EQ(CodeOf(2), absl::StatusCode::kInternal);
  EXPECT_THAT(outcomes_.at(2).result.status().message(),
              HasSubstr("the weights are gone"));
  std::vector<QueueEntry> more;
  more.push_back(Entry(FakeTask(3, 1)));
  EXPECT_TRUE(absl::IsInternal(model_->queue->Push(std::move(more))));
  EXPECT_FALSE(driver_->has_work());
  Round();
  EXPECT_EQ(outcomes_.size(), 2);
}

TEST_F(EngineDriverTest, AnEngineThatForgetsATaskIsLost) {
  Push(Entry(FakeTask(1, 5)));
  engine_->before_step = [](FakeEngine& engine) {
    engine.Remove(1);  // The first id there is.
    return absl::OkStatus();
  };
  Round();
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kInternal);
}

TEST_F(EngineDriverTest, ClosingFinishesWhatWaits) {
  engine_->max_rows = 1;
  for (const TokenId name : {1, 2}) Push(Entry(FakeTask(name, 1)));
  driver_->Close(absl::UnavailableError("end"));
  Round();
  Round();
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kOk);
  EXPECT_EQ(CodeOf(2), absl::StatusCode::kOk);
}

TEST_F(EngineDriverTest, AbandoningAnswersEverything) {
  engine_->max_rows = 1;
  for (const TokenId name : {1, 2}) Push(Entry(FakeTask(name, 5)));
  Round();
  std::vector<Message> answers;
  driver_->Abandon(absl::UnavailableError("end"), &answers);
  Give(&answers);
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CodeOf(2), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(driver_->has_work());
}

}  // namespace
}  // namespace parley
