#include "server/batching/runner.h"

#include <sched.h>

#include <atomic>
#include <barrier>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "base/thread_turns.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/eventually.h"
#include "tests/server/batching/fake_engine.h"

namespace parley {
namespace {

// What became of tasks, told from any thread.
class Outcomes {
 public:
  absl::AnyInvocable<void(TaskOutcome)> Expect() {
    absl::MutexLock lock(&mutex_);
    ++num_expected_;
    return [this](TaskOutcome outcome) {
      absl::MutexLock lock(&mutex_);
      codes_.push_back(outcome.result.status().code());
    };
  }

  // Waits for `num` answers.
  void WaitFor(int num) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, num] { return std::ssize(codes_) >= num; };
    mutex_.Await(absl::Condition(&enough));
  }

  std::vector<absl::StatusCode> codes() {
    absl::MutexLock lock(&mutex_);
    return codes_;
  }

  int num_expected() {
    absl::MutexLock lock(&mutex_);
    return num_expected_;
  }

 private:
  absl::Mutex mutex_;
  int num_expected_ = 0;
  std::vector<absl::StatusCode> codes_;
};

QueueEntry Entry(Task task, absl::AnyInvocable<void(TaskOutcome)> done) {
  QueueEntry entry;
  entry.cost.max_rows = task.search.num_beams;
  entry.task = std::move(task);
  entry.done = std::move(done);
  return entry;
}

absl::Status PushOne(ServedModel* model, QueueEntry entry) {
  std::vector<QueueEntry> entries;
  entries.push_back(std::move(entry));
  return model->queue->Push(std::move(entries));
}

// Threads of a server wait for their turns; those that compute do not.
TEST(RunnerTest, StepsTakeTurnsWhoeverStartedIt) {
  FakeEngine* engine;
  auto model = FakeModel({}, &engine);
  std::atomic<int> policy = -1;
  engine->before_step = [&policy](FakeEngine&) {
    policy = sched_getscheduler(0);
    return absl::OkStatus();
  };
  Outcomes outcomes;
  std::thread([&] {
    WaitForTurns();
    auto runner = Runner::Create({});
    runner->Add(model);
    ASSERT_TRUE(
        PushOne(model.get(), Entry(FakeTask(0, 2), outcomes.Expect())).ok());
    outcomes.WaitFor(1);
    runner->Stop(absl::InfiniteFuture());
  }).join();
  EXPECT_EQ(policy, SCHED_OTHER);
}

TEST(RunnerTest, RunsWhatComesAndSleepsBetween) {
  FakeEngine* engine;
  auto model = FakeModel({}, &engine);
  std::atomic<int> num_steps = 0;
  engine->before_step = [&num_steps](FakeEngine&) {
    ++num_steps;
    return absl::OkStatus();
  };
  Outcomes outcomes;
  auto runner = Runner::Create({});
  runner->Add(model);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(
        PushOne(model.get(), Entry(FakeTask(i, 2), outcomes.Expect())).ok());
    outcomes.WaitFor(i + 1);
  }
  runner->Stop(absl::InfiniteFuture());
  EXPECT_EQ(num_steps, 6);  // And none while there was nothing to do.
  EXPECT_THAT(outcomes.codes(), ::testing::Each(absl::StatusCode::kOk));
}

TEST(RunnerTest, GivesTheEngineTheStepBudget) {
  class BudgetEngine : public FakeEngine {
   public:
    int64_t seen = 0;
    absl::Status Step(const StepBudget& budget, StepResult* result) override {
      seen = budget.max_encoder_tokens;
      return FakeEngine::Step(budget, result);
    }
  };
  FakeEngine* unused;
  auto model = FakeModel({}, &unused);
  auto owned = std::make_unique<BudgetEngine>();
  BudgetEngine* engine = owned.get();
  model->engines[0] = std::move(owned);
  Outcomes outcomes;
  auto runner = Runner::Create({.max_encoder_tokens = 123});
  runner->Add(model);
  ASSERT_TRUE(
      PushOne(model.get(), Entry(FakeTask(1, 1), outcomes.Expect())).ok());
  runner->Stop(absl::InfiniteFuture());
  EXPECT_EQ(engine->seen, 123);
}

TEST(RunnerTest, ASlowCallbackDoesNotHoldTheEngine) {
  FakeEngine* engine;
  auto model = FakeModel({}, &engine);
  engine->max_rows = 1;
  absl::Notification others_stepped;
  engine->before_step = [&others_stepped](FakeEngine& fake) {
    if (fake.admitted.back() == 9) others_stepped.Notify();
    return absl::OkStatus();
  };
  Outcomes outcomes;
  auto runner = Runner::Create({});
  runner->Add(model);
  std::vector<QueueEntry> entries;
  // The first one's callback returns only after the engine has gone through
  // all the others.
  entries.push_back(Entry(FakeTask(0, 1), [&](TaskOutcome) {
    others_stepped.WaitForNotification();
  }));
  for (int i = 1; i < 10; ++i) {
    entries.push_back(Entry(FakeTask(i, 1), outcomes.Expect()));
  }
  ASSERT_TRUE(model->queue->Push(std::move(entries)).ok());
  outcomes.WaitFor(9);
  runner->Stop(absl::InfiniteFuture());
}

TEST(RunnerTest, TwoModelsTakeTurns) {
  FakeEngine* engines[2];
  std::shared_ptr<ServedModel> models[2] = {FakeModel({}, &engines[0]),
                                            FakeModel({}, &engines[1])};
  // Engine 0 has endless work; engine 1's short task must get through.
  absl::Notification short_done;
  absl::Notification started;
  engines[0]->before_step = [&started](FakeEngine&) {
    if (!started.HasBeenNotified()) started.Notify();
    return absl::OkStatus();
  };
  auto cancel = std::make_shared<CancelFlag>();
  Outcomes outcomes;
  auto runner = Runner::Create({});
  for (auto& model : models) runner->Add(model);
  QueueEntry endless = Entry(FakeTask(1, 1 << 30), outcomes.Expect());
  endless.cancel = cancel;
  ASSERT_TRUE(PushOne(models[0].get(), std::move(endless)).ok());
  started.WaitForNotification();
  ASSERT_TRUE(PushOne(models[1].get(), Entry(FakeTask(2, 20),
                                             [&](TaskOutcome outcome) {
                                               EXPECT_TRUE(outcome.result.ok());
                                               short_done.Notify();
                                             }))
                  .ok());
  short_done.WaitForNotification();
  EXPECT_TRUE(outcomes.codes().empty());
  cancel->Cancel();
  outcomes.WaitFor(1);
  EXPECT_EQ(outcomes.codes()[0], absl::StatusCode::kCancelled);
}

TEST(RunnerTest, OneLostEngineLeavesTheOther) {
  FakeEngine* engines[2];
  std::shared_ptr<ServedModel> models[2] = {FakeModel({}, &engines[0]),
                                            FakeModel({}, &engines[1])};
  engines[0]->before_step = [](FakeEngine&) {
    return absl::DataLossError("gone");
  };
  Outcomes lost;
  Outcomes well;
  auto runner = Runner::Create({});
  for (auto& model : models) runner->Add(model);
  ASSERT_TRUE(
      PushOne(models[0].get(), Entry(FakeTask(1, 5), lost.Expect())).ok());
  lost.WaitFor(1);
  EXPECT_EQ(lost.codes()[0], absl::StatusCode::kInternal);
  EXPECT_TRUE(absl::IsInternal(PushOne(
      models[0].get(), Entry(FakeTask(2, 5), [](TaskOutcome) { FAIL(); }))));
  ASSERT_TRUE(
      PushOne(models[1].get(), Entry(FakeTask(3, 5), well.Expect())).ok());
  well.WaitFor(1);
  EXPECT_EQ(well.codes()[0], absl::StatusCode::kOk);
}

TEST(RunnerTest, DrainsBeforeItStops) {
  FakeEngine* engine;
  auto model = FakeModel({}, &engine);
  engine->max_rows = 2;
  Outcomes outcomes;
  auto runner = Runner::Create({});
  runner->Add(model);
  std::vector<QueueEntry> entries;
  for (int i = 0; i < 50; ++i) {
    entries.push_back(Entry(FakeTask(i, 3), outcomes.Expect()));
  }
  ASSERT_TRUE(model->queue->Push(std::move(entries)).ok());
  runner->Stop(absl::InfiniteFuture());
  EXPECT_EQ(outcomes.codes().size(), 50);
  EXPECT_THAT(outcomes.codes(), ::testing::Each(absl::StatusCode::kOk));
  EXPECT_TRUE(absl::IsUnavailable(PushOne(
      model.get(), Entry(FakeTask(1, 1), [](TaskOutcome) { FAIL(); }))));
}

TEST(RunnerTest, ADrainEndsAtItsDeadline) {
  FakeEngine* engine;
  auto model = FakeModel({}, &engine);
  engine->max_rows = 1;
  Outcomes outcomes;
  auto runner = Runner::Create({});
  runner->Add(model);
  std::vector<QueueEntry> entries;
  for (int i = 0; i < 3; ++i) {
    entries.push_back(Entry(FakeTask(i, 1 << 30), outcomes.Expect()));
  }
  ASSERT_TRUE(model->queue->Push(std::move(entries)).ok());
  runner->Stop(absl::Now() + absl::Milliseconds(20));
  EXPECT_EQ(outcomes.codes().size(), 3);
  EXPECT_THAT(outcomes.codes(),
              ::testing::Each(absl::StatusCode::kUnavailable));
}

TEST(RunnerTest, AnEarlierDeadlineCutsADrainShort) {
  FakeEngine* engine;
  auto model = FakeModel({}, &engine);
  Outcomes outcomes;
  auto runner = Runner::Create({});
  runner->Add(model);
  ASSERT_TRUE(
      PushOne(model.get(), Entry(FakeTask(1, 1 << 30), outcomes.Expect()))
          .ok());
  std::thread patient([&] { runner->Stop(absl::InfiniteFuture()); });
  runner->Stop(absl::InfinitePast());
  patient.join();
  EXPECT_THAT(outcomes.codes(),
              ::testing::ElementsAre(absl::StatusCode::kUnavailable));
}

TEST(RunnerTest, LetsGoOfAModelThatIsClosed) {
  FakeEngine* engine;
  auto model = FakeModel({}, &engine);
  const std::weak_ptr<ServedModel> weak = model;
  Outcomes outcomes;
  auto runner = Runner::Create({});
  runner->Add(model);
  ASSERT_TRUE(
      PushOne(model.get(), Entry(FakeTask(1, 100), outcomes.Expect())).ok());
  model->queue->Close(absl::NotFoundError("unloaded"));
  model.reset();
  outcomes.WaitFor(1);
  EXPECT_EQ(outcomes.codes()[0], absl::StatusCode::kOk);
  // The thread lets go of it in its next round.
  EXPECT_TRUE(Eventually([&weak] { return weak.expired(); }));
  // Others are served as before.
  FakeEngine* other_engine;
  auto other = FakeModel({}, &other_engine);
  runner->Add(other);
  ASSERT_TRUE(
      PushOne(other.get(), Entry(FakeTask(1, 1), outcomes.Expect())).ok());
  outcomes.WaitFor(2);
}

TEST(RunnerTest, ReplicasWorkAtTheSameTime) {
  FakeEngine* engine;
  auto model = FakeModel({}, &engine);
  auto second = std::make_unique<FakeEngine>();
  FakeEngine* const engines[2] = {engine, second.get()};
  model->engines.push_back(std::move(second));
  // Each waits in its first step until the other is in its own.
  std::barrier both(2);
  for (FakeEngine* one : engines) {
    one->max_rows = 1;
    one->before_step = [&both, first = true](FakeEngine&) mutable {
      if (std::exchange(first, false)) {
        both.arrive_and_wait();
      }
      return absl::OkStatus();
    };
  }
  Outcomes outcomes;
  auto runner = Runner::Create({.num_replicas = 2});
  runner->Add(model);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(
        PushOne(model.get(), Entry(FakeTask(i, 2), outcomes.Expect())).ok());
  }
  outcomes.WaitFor(2);
  runner->Stop(absl::InfiniteFuture());
  EXPECT_THAT(outcomes.codes(), ::testing::Each(absl::StatusCode::kOk));
}

TEST(RunnerTest, AModelAddedTooLateIsClosed) {
  FakeEngine* engine;
  auto model = FakeModel({}, &engine);
  auto runner = Runner::Create({});
  runner->Stop(absl::InfinitePast());
  runner->Add(model);
  EXPECT_TRUE(absl::IsUnavailable(model->queue->closed()));
}

TEST(RunnerTest, AModelOutlivesItsRunner) {
  FakeEngine* engine;
  auto model = FakeModel({}, &engine);
  {
    auto runner = Runner::Create({});
    runner->Add(model);
  }
  EXPECT_TRUE(absl::IsUnavailable(PushOne(
      model.get(), Entry(FakeTask(1, 1), [](TaskOutcome) { FAIL(); }))));
  model->queue->Close(absl::InternalError("again"));  // Rings no dead bell.
}

// Many threads push tasks of all sizes, cancel some, set deadlines that pass,
// while the engines evict and fail at random, one is lost, and the runner is
// stopped in the midst of it.
TEST(RunnerTest, EveryTaskIsAnsweredExactlyOnce) {
  constexpr int kNumThreads = 4;
  constexpr int kPushesPerThread = 300;
  FakeEngine* engines[2];
  std::shared_ptr<ServedModel> models[2] = {
      FakeModel({.max_tasks = 40}, &engines[0]),
      FakeModel({.max_tasks = 40}, &engines[1])};
  for (int i = 0; i < 2; ++i) {
    engines[i]->before_step = [random = std::mt19937(i), i,
                               num_steps = 0](FakeEngine& engine) mutable {
      if (random() % 4 == 0) engine.num_to_evict = random() % 3;
      if (random() % 8 == 0) engine.fail_youngest = absl::AbortedError("one");
      return i == 0 && ++num_steps == 50 ? absl::DataLossError("gone")
                                         : absl::OkStatus();
    };
  }
  std::vector<std::atomic<int>> num_answers(kNumThreads * kPushesPerThread * 3);
  std::vector<int> num_taken(num_answers.size(), 0);
  auto runner = Runner::Create({});
  for (auto& model : models) runner->Add(model);
  absl::BlockingCounter half_way(kNumThreads);
  const auto push_all = [&](int thread) {
    std::mt19937 random(100 + thread);
    for (int i = 0; i < kPushesPerThread; ++i) {
      if (i == kPushesPerThread / 2) half_way.DecrementCount();
      auto cancel = std::make_shared<CancelFlag>();
      std::vector<QueueEntry> entries;
      const int first = (thread * kPushesPerThread + i) * 3;
      const int num = 1 + random() % 3;
      for (int k = 0; k < num; ++k) {
        const int name = first + k;
        QueueEntry entry =
            Entry(FakeTask(name, 1 + random() % 4, 1 + random() % 4),
                  [&num_answers, name](TaskOutcome) { ++num_answers[name]; });
        entry.cancel = cancel;
        if (random() % 4 == 0) {
          entry.deadline = absl::Now() + absl::Microseconds(random() % 200);
        }
        entries.push_back(std::move(entry));
      }
      if (models[random() % 2]->queue->Push(std::move(entries)).ok()) {
        for (int k = 0; k < num; ++k) num_taken[first + k] = 1;
      } else {
        std::this_thread::yield();
      }
      if (random() % 4 == 0) cancel->Cancel();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kNumThreads; ++i) threads.emplace_back(push_all, i);
  half_way.Wait();
  runner->Stop(absl::Now() + absl::Milliseconds(5));
  for (std::thread& thread : threads) thread.join();
  int num_all_taken = 0;
  for (size_t i = 0; i < num_answers.size(); ++i) {
    EXPECT_EQ(num_answers[i], num_taken[i]) << "task " << i;
    num_all_taken += num_taken[i];
  }
  EXPECT_GT(num_all_taken, 0);
}

}  // namespace
}  // namespace parley
