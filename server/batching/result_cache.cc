#include "server/batching/result_cache.h"

#include <cstddef>
#include <cstring>
#include <functional>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/batching/policy.h"

namespace parley {
namespace {

// Of the containers, for each result.
constexpr int64_t kOverheadBytes = 256;

// Appends values one after the other, each so that it can be told where it
// ends.
class KeyWriter {
 public:
  template <typename T>
  void Add(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    key_.append(bytes, sizeof(T));
  }
  void Add(absl::string_view text) {
    Add(text.size());
    absl::StrAppend(&key_, text);
  }
  template <typename T>
  void AddAll(const std::vector<T>& values) {
    Add(values.size());
    for (const T value : values) Add(value);
  }

  std::string Take() { return std::move(key_); }

 private:
  std::string key_;
};

void AddSearch(const SearchOptions& search, KeyWriter* writer) {
  writer->Add(search.num_beams);
  writer->Add(search.num_hypotheses);
  writer->Add(search.length_penalty);
  writer->Add(search.early_stopping);
  writer->Add(search.max_new_tokens);
  writer->Add(search.min_new_tokens);
  writer->Add(search.sampling.has_value());
  if (!search.sampling.has_value()) return;
  writer->Add(search.sampling->temperature);
  writer->Add(search.sampling->top_k);
  writer->Add(search.sampling->top_p);
  writer->Add(search.sampling->seed);
}

void AddEncode(const EncodeOptions& encode, KeyWriter* writer) {
  writer->Add(encode.output);
  writer->AddAll(encode.segment_ids);
  writer->AddAll(encode.pooling);
  writer->Add(encode.num_unpooled_tokens);
  writer->AddAll(encode.layers);
  writer->Add(encode.layer_join);
  writer->AddAll(encode.positions);
  writer->Add(encode.top_k);
}

int64_t BytesOf(const std::string& key, const TaskResult& result) {
  int64_t bytes = kOverheadBytes + static_cast<int64_t>(key.size());
  for (const Hypothesis& hypothesis : result.hypotheses) {
    bytes += sizeof(Hypothesis) +
             hypothesis.token_ids.size() * (sizeof(TokenId) + sizeof(float));
  }
  bytes += result.encoded.values.size() * sizeof(float);
  for (const auto& tokens : result.encoded.masked_tokens) {
    bytes += sizeof(tokens) + tokens.size() * sizeof(ScoredToken);
  }
  return bytes;
}

}  // namespace

std::string ResultKey(absl::string_view model, absl::string_view version,
                      const QueueEntry& entry) {
  KeyWriter writer;
  writer.Add(model);
  writer.Add(version);
  writer.Add(entry.use_shortlist);
  writer.AddAll(entry.task.source_ids);
  writer.AddAll(entry.task.target_tokens);
  AddSearch(entry.task.search, &writer);
  AddEncode(entry.task.encode, &writer);
  return writer.Take();
}

// A task that several may wait for.
class ResultCache::SharedTask : public Interest {
 public:
  struct Waiter {
    absl::AnyInvocable<void(TaskOutcome)> done;
    std::function<void(std::vector<TokenId>)> progress;
    absl::Time deadline;
    std::shared_ptr<const CancelFlag> cancel;
    size_t num_told = 0;  // Of decided_.
  };

  // Takes the entry's place, unless the task has been given up.
  bool Join(QueueEntry* entry) {
    absl::MutexLock lock(&mutex_);
    if (!given_up_.ok()) return false;
    waiters_.push_back({.done = std::move(entry->done),
                        .progress = std::move(entry->progress),
                        .deadline = entry->deadline,
                        .cancel = std::move(entry->cancel)});
    return true;
  }

  // Whoever waits longest decides.
  absl::Status StillWanted(absl::Time now) override {
    absl::MutexLock lock(&mutex_);
    if (!given_up_.ok()) return given_up_;
    absl::Status status;
    for (const Waiter& waiter : waiters_) {
      status = parley::StillWanted(waiter.cancel.get(), waiter.deadline, now);
      if (status.ok()) return status;
    }
    return given_up_ = std::move(status);
  }

  // Tells everybody of tokens that were decided.
  void Progress(const std::vector<TokenId>& token_ids) {
    absl::MutexLock lock(&mutex_);
    decided_.insert(decided_.end(), token_ids.begin(), token_ids.end());
    TellAll();
  }

  // Tells those who came late of what had been decided until then.
  void CatchUp() {
    absl::MutexLock lock(&mutex_);
    TellAll();
  }

  std::vector<Waiter> TakeWaiters() {
    absl::MutexLock lock(&mutex_);
    return std::move(waiters_);
  }

 private:
  // Under the mutex, so that nobody hears of a token twice or out of order.
  void TellAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (Waiter& waiter : waiters_) {
      if (!waiter.progress || waiter.num_told == decided_.size()) continue;
      if (waiter.cancel != nullptr && waiter.cancel->cancelled()) continue;
      waiter.progress({decided_.begin() + waiter.num_told, decided_.end()});
      waiter.num_told = decided_.size();
    }
  }

  absl::Mutex mutex_;
  std::vector<TokenId> decided_ ABSL_GUARDED_BY(mutex_);
  std::vector<Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
  absl::Status given_up_ ABSL_GUARDED_BY(mutex_);
};

ResultCache::Found ResultCache::Find(std::string key, QueueEntry* entry) {
  std::shared_ptr<const TaskResult> result;
  std::shared_ptr<SharedTask> joined;
  {
    absl::MutexLock lock(&mutex_);
    if (const auto kept = by_key_.find(key); kept != by_key_.end()) {
      results_.splice(results_.begin(), results_, kept->second);
      result = kept->second->second;
    } else {
      joined = JoinOrBegin(std::move(key), entry);
    }
  }
  if (result != nullptr) {
    entry->done({.result = *result});
    return Found::kResult;
  }
  if (joined == nullptr) return Found::kNothing;
  joined->CatchUp();
  return Found::kUnderWay;
}

std::shared_ptr<ResultCache::SharedTask> ResultCache::JoinOrBegin(
    std::string key, QueueEntry* entry) {
  // Whoever is in a hurry does not wait for whoever is not, and an engine tells
  // of a task's progress from its beginning or never.
  const bool wants_progress = entry->progress != nullptr;
  std::string shared_key = absl::StrCat(static_cast<int>(entry->flow.priority),
                                        wants_progress ? " told " : " ", key);
  std::shared_ptr<SharedTask>& under_way = under_way_[shared_key];
  if (under_way != nullptr && under_way->Join(entry)) return under_way;
  const auto task = std::make_shared<SharedTask>();
  under_way = task;
  task->Join(entry);
  entry->deadline = absl::InfiniteFuture();
  entry->interest = task;
  entry->progress = nullptr;
  if (wants_progress) {
    entry->progress = [task](const std::vector<TokenId>& token_ids) {
      task->Progress(token_ids);
    };
  }
  entry->done = [this, task, key = std::move(key),
                 shared_key =
                     std::move(shared_key)](TaskOutcome outcome) mutable {
    Complete(key, shared_key, task, std::move(outcome));
  };
  return nullptr;
}

void ResultCache::Complete(const std::string& key,
                           const std::string& shared_key,
                           const std::shared_ptr<SharedTask>& task,
                           TaskOutcome outcome) {
  {
    absl::MutexLock lock(&mutex_);
    // Nobody joins from here on. One that was given up may have a successor.
    const auto found = under_way_.find(shared_key);
    if (found != under_way_.end() && found->second == task) {
      under_way_.erase(found);
    }
    if (outcome.result.ok()) {
      Keep(key, std::make_shared<const TaskResult>(*outcome.result));
    }
  }
  for (SharedTask::Waiter& waiter : task->TakeWaiters()) {
    TaskOutcome own = outcome;
    absl::Status wanted =
        StillWanted(waiter.cancel.get(), waiter.deadline, absl::Now());
    if (own.result.ok() && !wanted.ok()) own.result = std::move(wanted);
    waiter.done(std::move(own));
  }
}

void ResultCache::Keep(const std::string& key,
                       std::shared_ptr<const TaskResult> result) {
  const int64_t bytes = BytesOf(key, *result);
  if (bytes > max_bytes_ || by_key_.contains(key)) return;
  results_.emplace_front(key, std::move(result));
  by_key_[results_.front().first] = results_.begin();
  num_bytes_ += bytes;
  while (num_bytes_ > max_bytes_) {
    const auto& [oldest_key, oldest] = results_.back();
    num_bytes_ -= BytesOf(oldest_key, *oldest);
    by_key_.erase(oldest_key);
    results_.pop_back();
  }
}

int64_t ResultCache::num_bytes() const {
  absl::MutexLock lock(&mutex_);
  return num_bytes_;
}

int64_t ResultCache::num_results() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int64_t>(results_.size());
}

}  // namespace parley
