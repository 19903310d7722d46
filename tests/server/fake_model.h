// A model without a model: translates by turning a text's bytes to capitals.
#ifndef PARLEY_TESTS_SERVER_FAKE_MODEL_H_
#define PARLEY_TESTS_SERVER_FAKE_MODEL_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "engine/api/model.h"
#include "server/batching/served_model.h"

namespace parley {

// Steers the engine from a test. Any thread.
class FakeEngineControl {
 public:
  // While held, steps finish nothing.
  void Hold(bool held) {
    absl::MutexLock lock(&mutex_);
    held_ = held;
  }
  // The engine takes no more tasks than this at a time.
  void LimitTasks(int64_t max_tasks) {
    absl::MutexLock lock(&mutex_);
    max_tasks_ = max_tasks;
  }
  // Tasks that want it tell of so many of their tokens at most while held, one
  // in each step.
  void AllowTokens(size_t num_tokens) {
    absl::MutexLock lock(&mutex_);
    max_tokens_ = num_tokens;
  }
  // The next step that has a task loses the engine.
  void LoseEngine() {
    absl::MutexLock lock(&mutex_);
    lost_ = true;
  }
  // Waits, for half a minute at most, until so many tokens have been told.
  bool WaitForTold(int64_t num_tokens) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [&] { return num_told_ >= num_tokens; };
    return mutex_.AwaitWithTimeout(absl::Condition(&reached),
                                   absl::Seconds(30));
  }
  // The same until so many tasks are in the engine.
  bool WaitForTasks(int64_t num_tasks) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [&] { return num_tasks_ == num_tasks; };
    return mutex_.AwaitWithTimeout(absl::Condition(&reached),
                                   absl::Seconds(30));
  }

 private:
  friend class FakeEngine;
  absl::Mutex mutex_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t max_tasks_ ABSL_GUARDED_BY(mutex_) = int64_t{1} << 20;
  int64_t num_tasks_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t max_tokens_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t num_told_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Translates; what others make of a task is theirs to say.
class FakeEngine : public Engine {
 public:
  explicit FakeEngine(std::shared_ptr<FakeEngineControl> control)
      : control_(std::move(control)) {}

  absl::StatusOr<TaskCost> Cost(const Task& task) const override {
    return TaskCost{
        .encoder_tokens = static_cast<int64_t>(task.source_ids.size()),
        .max_rows = task.search.num_beams,
        .kv_blocks = 1};
  }

  Capacity capacity() const override {
    return {.encoder_tokens = 1 << 30, .rows = 1 << 20, .kv_blocks = 1 << 20};
  }

  Capacity max_capacity() const override { return capacity(); }

  absl::Status Admit(TaskId id, Task task) override {
    {
      absl::MutexLock lock(&control_->mutex_);
      if (num_tasks() >= control_->max_tasks_) {
        return absl::ResourceExhaustedError("no room now");
      }
    }
    tasks_[id] = std::move(task);
    CountTasks();
    return absl::OkStatus();
  }

  void Remove(TaskId id) override {
    tasks_.erase(id);
    CountTasks();
  }

  absl::Status Step(const StepBudget& budget, StepResult* result) override {
    *result = StepResult();
    {
      absl::MutexLock lock(&control_->mutex_);
      if (control_->lost_) return absl::InternalError("the engine is lost");
      // Held steps take a moment, as real ones do.
      const auto released = [this] {
        control_->mutex_.AssertHeld();
        return !control_->held_;
      };
      if (!control_->mutex_.AwaitWithTimeout(absl::Condition(&released),
                                             absl::Milliseconds(1))) {
        TellTokens(control_->max_tokens_, result);
        control_->num_told_ += static_cast<int64_t>(result->progress.size());
        return absl::OkStatus();
      }
    }
    for (auto& [id, task] : tasks_) {
      absl::StatusOr<TaskResult> answer = Answer(task);
      if (answer.ok()) {
        result->finished.push_back({.id = id, .result = *std::move(answer)});
      } else {
        result->failed.push_back({.id = id, .status = answer.status()});
      }
    }
    tasks_.clear();
    CountTasks();
    return absl::OkStatus();
  }

  int64_t num_tasks() const override {
    return static_cast<int64_t>(tasks_.size());
  }

 protected:
  virtual absl::StatusOr<TaskResult> Answer(const Task& task) const {
    return TaskResult{.hypotheses = Translate(task)};
  }

 private:
  static std::vector<Hypothesis> Translate(const Task& task) {
    std::vector<Hypothesis> hypotheses(task.search.num_hypotheses);
    for (size_t i = 0; i < hypotheses.size(); ++i) {
      const float log_prob = -1.0f - static_cast<float>(i);
      hypotheses[i] = {
          .token_ids = task.source_ids,
          .token_log_probs = std::vector<float>(
              task.source_ids.size(), log_prob / task.source_ids.size()),
          .log_prob = log_prob,
          .score = log_prob};
    }
    return hypotheses;
  }

  void TellTokens(size_t max_tokens, StepResult* result) {
    for (const auto& [id, task] : tasks_) {
      size_t& num_told = num_told_[id];
      if (!task.wants_progress || num_told >= max_tokens) continue;
      if (num_told >= task.source_ids.size()) continue;
      result->progress.push_back({id, {task.source_ids[num_told++]}});
    }
  }

  void CountTasks() {
    absl::MutexLock lock(&control_->mutex_);
    control_->num_tasks_ = num_tasks();
  }

  const std::shared_ptr<FakeEngineControl> control_;
  std::map<TaskId, Task> tasks_;
  std::map<TaskId, size_t> num_told_;
};

// A token for each byte, an end token, and ">>de<<".
class FakeTokenizer final : public Tokenizer {
 public:
  static constexpr TokenId kEnd = 256;
  static constexpr TokenId kLanguage = 257;

  absl::StatusOr<Encoding> Encode(
      absl::string_view text, absl::string_view language_token) const override {
    Encoding encoding;
    if (!language_token.empty()) {
      if (language_token != ">>de<<") {
        return absl::InvalidArgumentError(
            absl::StrCat("no token ", language_token));
      }
      encoding.ids.push_back(kLanguage);
      encoding.offsets.push_back({0, 0});
    }
    for (size_t i = 0; i < text.size(); ++i) {
      encoding.ids.push_back(static_cast<unsigned char>(text[i]));
      encoding.offsets.push_back({i, i + 1});
    }
    encoding.ids.push_back(kEnd);
    encoding.offsets.push_back({text.size(), text.size()});
    return encoding;
  }

  std::string Decode(absl::Span<const TokenId> ids) const override {
    std::string text;
    for (TokenId id : ids) {
      if (id < kEnd) text += absl::ascii_toupper(static_cast<char>(id));
    }
    return std::string(absl::StripAsciiWhitespace(text));
  }

  std::string TokenText(TokenId id) const override {
    return absl::StrCat("<", id, ">");
  }

  LanguagePrefix FindLanguagePrefix(absl::string_view text) const override {
    return {};
  }
};

// Translates from English and German into German, 512 tokens at most.
inline LoadedModel MakeFakeModel(std::shared_ptr<FakeEngineControl> control) {
  LoadedModel model;
  model.info.display_name = "Fake";
  model.info.architecture = "FakeModel";
  model.info.compute_type = ComputeType::kF32;
  model.info.num_parameters = 42;
  model.info.vocab_size = 258;
  model.info.max_source_tokens = 512;
  model.info.max_target_tokens = 512;
  model.info.languages.pairs = {{"en", "de"}, {"nl", "de"}};
  model.info.languages.targets = {"de"};
  model.info.languages.target_token = ">>{language}<<";
  model.info.default_search.num_beams = 4;
  model.info.default_search.max_new_tokens = 512;
  model.tokenizer = std::make_unique<FakeTokenizer>();
  model.engines.push_back(std::make_unique<FakeEngine>(std::move(control)));
  return model;
}

// A loaded model as calls meet it, which no runner drives yet.
inline std::shared_ptr<ServedModel> Serve(
    std::string name, LoadedModel loaded,
    const TaskQueue::Options& queue_options) {
  auto model = std::make_shared<ServedModel>();
  model->name = std::move(name);
  model->info = std::move(loaded.info);
  model->tokenizer = std::move(loaded.tokenizer);
  model->encoder_tokenizer = std::move(loaded.encoder_tokenizer);
  model->shortlist = std::move(loaded.shortlist);
  model->engines = std::move(loaded.engines);
  model->queue = std::make_unique<TaskQueue>(queue_options);
  return model;
}

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_FAKE_MODEL_H_
