#include "server/batching/runner.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "base/log.h"
#include "base/thread_turns.h"
#include "server/batching/completion_thread.h"
#include "server/batching/engine_driver.h"
#include "server/batching/policy.h"

namespace parley {
namespace {

absl::Status GoingDown() {
  return absl::UnavailableError("the server is shutting down");
}

// Lets runner threads sleep until somebody has news for them. Shared with the
// queues' listeners, which may outlive the runner by a moment.
class Bell {
 public:
  void Ring() {
    absl::MutexLock lock(&mutex_);
    ++num_rings_;
  }

  // Returns once there have been more than `heard` rings, and how many.
  int64_t WaitBeyond(int64_t heard) {
    absl::MutexLock lock(&mutex_);
    const auto is_new = [this, heard]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return num_rings_ > heard;
    };
    mutex_.Await(absl::Condition(&is_new));
    return num_rings_;
  }

 private:
  absl::Mutex mutex_;
  int64_t num_rings_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The thread of one replica.
class Loop {
 public:
  Loop(size_t replica, const EngineDriver::Options& options,
       std::shared_ptr<Bell> bell, CompletionThread* completions)
      : replica_(replica),
        options_(options),
        bell_(std::move(bell)),
        completions_(completions),
        thread_([this] { Run(); }) {}

  // The bell is to be rung after each of these.
  void Add(std::shared_ptr<ServedModel> model) {
    absl::MutexLock lock(&mutex_);
    added_.push_back(std::move(model));
  }
  void Stop(absl::Time deadline) {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    stop_deadline_ = std::min(stop_deadline_, deadline);
  }

  // After Stop: returns when the thread has ended.
  void Join() {
    absl::MutexLock lock(&join_mutex_);
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Orders {
    bool stopping = false;
    absl::Time stop_deadline;
  };

  void Run();
  // Takes over the models added since, and says what to do.
  Orders TakeOrders();
  // Lets go of the drivers that are done.
  void DropDone();
  // The driver whose engine steps next; nothing where none has work.
  std::optional<size_t> ChooseNext();
  void StepNext(size_t index);

  const size_t replica_;
  const EngineDriver::Options options_;
  const std::shared_ptr<Bell> bell_;
  CompletionThread* const completions_;

  absl::Mutex mutex_;
  std::vector<std::shared_ptr<ServedModel>> added_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time stop_deadline_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();

  // The thread's own. Drivers have the indices of share_.
  std::vector<std::unique_ptr<EngineDriver>> drivers_;
  FairShare share_;
  std::vector<Message> messages_;

  absl::Mutex join_mutex_;
  std::thread thread_ ABSL_GUARDED_BY(join_mutex_);
};

void Loop::Run() {
  TakeTurns();  // And so does the team, which this thread starts.
  int64_t num_rings = 0;
  while (true) {
    const Orders orders = TakeOrders();
    if (orders.stopping) {
      // Before the queues are looked at, so that nothing comes after that.
      for (auto& driver : drivers_) driver->Close(GoingDown());
      if (absl::Now() >= orders.stop_deadline) break;
    }
    for (auto& driver : drivers_) driver->Prepare(&messages_);
    completions_->Post(&messages_);
    DropDone();
    if (const std::optional<size_t> next = ChooseNext()) {
      StepNext(*next);
    } else if (orders.stopping) {
      break;
    } else {
      // Nothing waits either: an engine without work takes what is first.
      num_rings = bell_->WaitBeyond(num_rings);
    }
  }
  for (auto& driver : drivers_) driver->Abandon(GoingDown(), &messages_);
  completions_->Post(&messages_);
}

Loop::Orders Loop::TakeOrders() {
  absl::MutexLock lock(&mutex_);
  for (std::shared_ptr<ServedModel>& model : added_) {
    PARLEY_CHECK(share_.Add(model->info.share) == drivers_.size());
    drivers_.push_back(
        std::make_unique<EngineDriver>(std::move(model), replica_, options_));
  }
  added_.clear();
  return {.stopping = stopping_, .stop_deadline = stop_deadline_};
}

void Loop::DropDone() {
  for (size_t i = drivers_.size(); i-- > 0;) {
    if (!drivers_[i]->is_done()) continue;
    drivers_.erase(drivers_.begin() + static_cast<int64_t>(i));
    share_.Remove(i);
  }
}

std::optional<size_t> Loop::ChooseNext() {
  std::vector<size_t> ready;
  for (size_t i = 0; i < drivers_.size(); ++i) {
    if (drivers_[i]->has_work()) ready.push_back(i);
  }
  return share_.Next(ready);
}

void Loop::StepNext(size_t index) {
  const absl::Time begin = absl::Now();
  drivers_[index]->Step(&messages_);
  share_.Charge(index, absl::Now() - begin);
  completions_->Post(&messages_);
}

class ThreadRunner : public Runner {
 public:
  explicit ThreadRunner(const Options& options) {
    const EngineDriver::Options of_drivers = {
        .step_budget = {.max_encoder_tokens = options.max_encoder_tokens}};
    for (int i = 0; i < options.num_replicas; ++i) {
      loops_.push_back(
          std::make_unique<Loop>(i, of_drivers, bell_, &completions_));
    }
  }

  ~ThreadRunner() override { Stop(absl::InfinitePast()); }

  void Add(std::shared_ptr<ServedModel> model) override {
    PARLEY_CHECK(model->engines.size() == loops_.size()) << model->name;
    model->queue->SetListener([bell = bell_] { bell->Ring(); });
    {
      absl::MutexLock lock(&mutex_);
      if (!stopping_) {
        std::erase_if(models_, [](const auto& gone) { return gone.expired(); });
        models_.push_back(model);
        for (auto& loop : loops_) loop->Add(model);
        bell_->Ring();
        return;
      }
    }
    model->queue->Close(GoingDown());
  }

  void Stop(absl::Time deadline) override {
    std::vector<std::weak_ptr<ServedModel>> models;
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
      models = models_;
    }
    // At once, rather than when the step under way has ended.
    for (const auto& weak : models) {
      if (const auto model = weak.lock()) model->queue->Close(GoingDown());
    }
    for (auto& loop : loops_) loop->Stop(deadline);
    bell_->Ring();
    for (auto& loop : loops_) loop->Join();
    completions_.Finish();
  }

 private:
  const std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  CompletionThread completions_;
  std::vector<std::unique_ptr<Loop>> loops_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::weak_ptr<ServedModel>> models_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Runner> Runner::Create(const Options& options) {
  return std::make_unique<ThreadRunner>(options);
}

}  // namespace parley
