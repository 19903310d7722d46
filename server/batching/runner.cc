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
#include "server/batching/completion_thread.h"
#include "server/batching/engine_driver.h"
#include "server/batching/policy.h"

namespace parley {
namespace {

absl::Status GoingDown() {
  return absl::UnavailableError("the server is shutting down");
}

// Lets the runner thread sleep until somebody has news for it. Shared with the
// queues' listeners, which may outlive the runner by a moment.
class Bell {
 public:
  void Ring() {
    absl::MutexLock lock(&mutex_);
    rung_ = true;
  }

  // Returns once Ring was called since the last return.
  void Wait() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&rung_));
    rung_ = false;
  }

 private:
  absl::Mutex mutex_;
  bool rung_ ABSL_GUARDED_BY(mutex_) = false;
};

class ThreadRunner : public Runner {
 public:
  explicit ThreadRunner(const Options& options)
      : options_(options), thread_([this] { Run(); }) {}

  ~ThreadRunner() override { Stop(absl::InfinitePast()); }

  void Add(std::shared_ptr<ServedModel> model) override {
    model->queue->SetListener([bell = bell_] { bell->Ring(); });
    {
      absl::MutexLock lock(&mutex_);
      if (!stopping_) {
        models_.push_back(std::move(model));
        bell_->Ring();
        return;
      }
    }
    model->queue->Close(GoingDown());
  }

  void Stop(absl::Time deadline) override {
    std::vector<std::shared_ptr<ServedModel>> models;
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
      stop_deadline_ = std::min(stop_deadline_, deadline);
      models = models_;
    }
    // At once, rather than when the step under way has ended.
    for (const auto& model : models) model->queue->Close(GoingDown());
    bell_->Ring();
    absl::MutexLock lock(&join_mutex_);
    if (thread_.joinable()) thread_.join();
    completions_.Finish();
  }

 private:
  struct Orders {
    bool stopping = false;
    absl::Time stop_deadline;
  };

  void Run();
  // Takes over the models added since, lets go of those that are over, and
  // says what to do.
  Orders TakeOrders();
  // The driver whose engine steps next; nothing where none has work.
  std::optional<size_t> ChooseNext();
  void StepNext(size_t index);

  const Options options_;
  const std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  CompletionThread completions_;

  absl::Mutex mutex_;
  std::vector<std::shared_ptr<ServedModel>> models_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time stop_deadline_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();

  // The runner thread's own. Drivers have the indices of models_ and of share_.
  std::vector<std::unique_ptr<EngineDriver>> drivers_;
  FairShare share_;
  std::vector<Answer> answers_;

  absl::Mutex join_mutex_;  // Taken before any other.
  std::thread thread_ ABSL_GUARDED_BY(join_mutex_);
};

void ThreadRunner::Run() {
  while (true) {
    const Orders orders = TakeOrders();
    if (orders.stopping) {
      // Before the queues are looked at, so that nothing comes after that.
      for (auto& driver : drivers_) driver->Close(GoingDown());
      if (absl::Now() >= orders.stop_deadline) break;
    }
    for (auto& driver : drivers_) driver->Prepare(&answers_);
    completions_.Post(&answers_);
    if (const std::optional<size_t> next = ChooseNext()) {
      StepNext(*next);
    } else if (orders.stopping) {
      break;
    } else {
      // Nothing waits either: an engine without work takes the oldest.
      bell_->Wait();
    }
  }
  for (auto& driver : drivers_) driver->Abandon(GoingDown(), &answers_);
  completions_.Post(&answers_);
}

ThreadRunner::Orders ThreadRunner::TakeOrders() {
  // Destroyed after the mutex is free: that may take the memory of a model.
  std::vector<std::shared_ptr<ServedModel>> over;
  absl::MutexLock lock(&mutex_);
  for (size_t i = drivers_.size(); i-- > 0;) {
    if (!drivers_[i]->is_over()) continue;
    const auto offset = static_cast<std::ptrdiff_t>(i);
    over.push_back(std::move(models_[i]));
    models_.erase(models_.begin() + offset);
    drivers_.erase(drivers_.begin() + offset);
    share_.Remove(i);
  }
  for (size_t i = drivers_.size(); i < models_.size(); ++i) {
    const EngineDriver::Options options = {
        .step_budget = {.max_encoder_tokens = options_.max_encoder_tokens}};
    drivers_.push_back(std::make_unique<EngineDriver>(models_[i], 0, options));
    PARLEY_CHECK(share_.Add() == i);
  }
  return {.stopping = stopping_, .stop_deadline = stop_deadline_};
}

std::optional<size_t> ThreadRunner::ChooseNext() {
  std::vector<size_t> ready;
  for (size_t i = 0; i < drivers_.size(); ++i) {
    if (drivers_[i]->has_work()) ready.push_back(i);
  }
  return share_.Next(ready);
}

void ThreadRunner::StepNext(size_t index) {
  const absl::Time begin = absl::Now();
  drivers_[index]->Step(&answers_);
  share_.Charge(index, absl::Now() - begin);
  completions_.Post(&answers_);
}

}  // namespace

std::unique_ptr<Runner> Runner::Create(const Options& options) {
  return std::make_unique<ThreadRunner>(options);
}

}  // namespace parley
