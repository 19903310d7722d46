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
        model_, 0, EngineDriver::Options{.clock = clock});
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

  void Give(std::vector<Answer>* answers) {
    for (Answer& answer : *answers) answer.done(std::move(answer.outcome));
    answers->clear();
  }

  // One round of the runner: prepares, and steps if there is work.
  void Round() {
    std::vector<Answer> answers;
    driver_->Prepare(&answers);
    if (driver_->has_work()) driver_->Step(&answers);
    Give(&answers);
  }

  absl::StatusCode CodeOf(TokenId name) {
    const auto it = outcomes_.find(name);
    return it == outcomes_.end() ? absl::StatusCode::kUnknown
                                 : it->second.result.status().code();
  }

  absl::Time now_ = absl::FromUnixSeconds(1000);
  FakeEngine* engine_;
  std::shared_ptr<ServedModel> model_;
  std::unique_ptr<EngineDriver> driver_;
  std::map<TokenId, TaskOutcome> outcomes_;  // By name.
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

TEST_F(EngineDriverTest, TheOldestWaitsForRoomAndTheYoungerBehindIt) {
  Push(Entry(FakeTask(1, 2, /*num_beams=*/2)));
  Push(Entry(FakeTask(2, 1, /*num_beams=*/4)));
  Push(Entry(FakeTask(3, 1, /*num_beams=*/1)));
  Round();
  EXPECT_THAT(engine_->admitted, ElementsAre(1));
  Round();
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kOk);
  Round();
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 2));
  Round();
  EXPECT_THAT(engine_->admitted, ElementsAre(1, 2, 3));
  EXPECT_EQ(outcomes_.size(), 3);
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

TEST_F(EngineDriverTest, IsOverWhenClosedAndAnswered) {
  EXPECT_FALSE(driver_->is_over());
  Push(Entry(FakeTask(1, 2)));
  driver_->Close(absl::UnavailableError("unloaded"));
  EXPECT_FALSE(driver_->is_over());  // Waiting.
  Round();
  EXPECT_FALSE(driver_->is_over());  // Active.
  Round();
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kOk);
  EXPECT_TRUE(driver_->is_over());
}

TEST_F(EngineDriverTest, AbandoningAnswersEverything) {
  engine_->max_rows = 1;
  for (const TokenId name : {1, 2}) Push(Entry(FakeTask(name, 5)));
  Round();
  std::vector<Answer> answers;
  driver_->Abandon(absl::UnavailableError("end"), &answers);
  Give(&answers);
  EXPECT_EQ(CodeOf(1), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CodeOf(2), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(driver_->has_work());
}

}  // namespace
}  // namespace parley
