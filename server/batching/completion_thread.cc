#include "server/batching/completion_thread.h"

#include <iterator>
#include <utility>

namespace parley {

CompletionThread::CompletionThread() : thread_([this] { Run(); }) {}

CompletionThread::~CompletionThread() { Finish(); }

void CompletionThread::Post(std::vector<Answer>* answers) {
  if (answers->empty()) return;
  {
    absl::MutexLock lock(&mutex_);
    waiting_.insert(waiting_.end(), std::make_move_iterator(answers->begin()),
                    std::make_move_iterator(answers->end()));
  }
  answers->clear();
}

void CompletionThread::Finish() {
  absl::MutexLock join_lock(&join_mutex_);
  {
    absl::MutexLock lock(&mutex_);
    finishing_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void CompletionThread::Run() {
  const auto has_news = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return finishing_ || !waiting_.empty();
  };
  while (true) {
    std::vector<Answer> answers;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&has_news));
      if (waiting_.empty()) return;
      answers.swap(waiting_);
    }
    for (Answer& answer : answers) {
      // Moved out, so that what it holds is let go before the next is called.
      Answer current = std::move(answer);
      current.done(std::move(current.outcome));
    }
  }
}

}  // namespace parley
