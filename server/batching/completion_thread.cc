#include "server/batching/completion_thread.h"

#include <iterator>
#include <utility>

namespace parley {

void Deliver(Message message) {
  if (auto* news = std::get_if<News>(&message)) {
    news->progress(std::move(news->token_ids));
  } else {
    Answer& answer = std::get<Answer>(message);
    answer.done(std::move(answer.outcome));
  }
}

CompletionThread::CompletionThread() : thread_([this] { Run(); }) {}

CompletionThread::~CompletionThread() { Finish(); }

void CompletionThread::Post(std::vector<Message>* messages) {
  if (messages->empty()) return;
  {
    absl::MutexLock lock(&mutex_);
    waiting_.insert(waiting_.end(), std::make_move_iterator(messages->begin()),
                    std::make_move_iterator(messages->end()));
  }
  messages->clear();
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
    std::vector<Message> messages;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&has_news));
      if (waiting_.empty()) return;
      messages.swap(waiting_);
    }
    // Moved, so that what a message holds is let go before the next is called.
    for (Message& message : messages) Deliver(std::move(message));
  }
}

}  // namespace parley
