// Calls through the queue and a puppet of the runner: the test steps the engine
// by hand. The fake engine turns a text round.
#include "server/pipeline/translate.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/batching/engine_driver.h"
#include "server/batching/runner.h"
#include "tests/server/batching/fake_engine.h"
#include "tests/server/pipeline/fake_tokenizer.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TranslateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    model_ = FakeModel({.max_tasks = 20, .clock = [this] { return now_; }},
                       &engine_);
    model_->tokenizer = std::make_unique<FakeTokenizer>();
    model_->info.max_source_tokens = 100;
    model_->info.max_target_tokens = 10;
    model_->info.default_search.max_new_tokens = 1;
    driver_ = std::make_unique<EngineDriver>(
        model_, 0,
        EngineDriver::Options{.step_budget = {.max_encoder_tokens = 1000},
                              .clock = [this] { return now_; }});
  }

  void Call(TranslateCall call) {
    Translate(model_, {}, std::move(call),
              [this](absl::StatusOr<TranslateReply> reply) {
                EXPECT_FALSE(reply_) << "answered twice";
                reply_ = std::move(reply);
              });
  }

  // Steps until there is nothing to do.
  void RunEngine() {
    do {
      now_ += absl::Seconds(1);
      std::vector<Message> messages;
      driver_->Prepare(&messages);
      if (driver_->has_work()) driver_->Step(&messages);
      for (Message& message : messages) Deliver(std::move(message));
    } while (driver_->has_work() || model_->queue->size() > 0);
  }

  const TranslateReply& reply() { return reply_->value(); }

  // Gathers what is told of each text.
  std::function<void(TextDelta)> Listener(size_t num_texts) {
    told_.assign(num_texts, {});
    return [this](TextDelta delta) {
      EXPECT_FALSE(reply_) << "told after the answer";
      TextDelta& told = told_.at(delta.index);
      EXPECT_FALSE(told.is_last) << "told after the last";
      ++num_deltas_;
      told.text += delta.text;
      told.token_ids.insert(told.token_ids.end(), delta.token_ids.begin(),
                            delta.token_ids.end());
      told.is_last = delta.is_last;
    };
  }

  // All deltas of each text make up its first hypothesis.
  void ExpectAllTold() {
    ASSERT_TRUE(reply_ && reply_->ok());
    for (size_t i = 0; i < told_.size(); ++i) {
      const TextHypothesis& best = reply().results[i].hypotheses.at(0);
      EXPECT_TRUE(told_[i].is_last) << i;
      EXPECT_EQ(told_[i].text, best.text);
      EXPECT_EQ(told_[i].token_ids, best.token_ids);
    }
  }

  absl::Time now_ = absl::FromUnixSeconds(1000);
  FakeEngine* engine_;
  std::shared_ptr<ServedModel> model_;
  std::unique_ptr<EngineDriver> driver_;
  std::optional<absl::StatusOr<TranslateReply>> reply_;
  std::vector<TextDelta> told_;  // All of each text.
  int num_deltas_ = 0;
};

TEST_F(TranslateTest, TranslatesEveryTextInOrder) {
  Call({.texts = {"abc", "", "de"}});
  EXPECT_FALSE(reply_);
  RunEngine();
  ASSERT_TRUE(reply_ && reply_->ok());
  ASSERT_EQ(reply().results.size(), 3);
  EXPECT_EQ(reply().results[0].hypotheses.at(0).text, "cba");
  EXPECT_EQ(reply().results[1].hypotheses.at(0).text, "");
  EXPECT_EQ(reply().results[1].hypotheses.at(0).score, 0);
  EXPECT_EQ(reply().results[1].source_tokens, 0);
  EXPECT_EQ(reply().results[2].hypotheses.at(0).text, "ed");
  EXPECT_EQ(reply().results[2].source_tokens, 3);
}

TEST_F(TranslateTest, RejoinsSentencesWithTheirSpacing) {
  Call({.texts = {"  One is. \r\n\n Two was!\tThree. "}});
  RunEngine();
  EXPECT_EQ(reply().results.at(0).hypotheses.at(0).text,
            "  .si enO \r\n\n !saw owT\t.eerhT ");
}

TEST_F(TranslateTest, HypothesesAndTokensAreJoined) {
  Call({.texts = {"A. B."},
        .options = {.num_beams = 2,
                    .num_hypotheses = 2,
                    .length_penalty = 0.0f,
                    .return_tokens = true}});
  RunEngine();
  const TextResult& result = reply().results.at(0);
  ASSERT_EQ(result.hypotheses.size(), 2);
  EXPECT_EQ(result.hypotheses[0].text, ".A .B");
  EXPECT_EQ(result.hypotheses[1].text, "/B /C");
  // Three tokens each of -0.5, and of -1.
  EXPECT_FLOAT_EQ(result.hypotheses[0].log_prob, -3);
  EXPECT_FLOAT_EQ(result.hypotheses[1].log_prob, -6);
  EXPECT_FLOAT_EQ(result.hypotheses[1].score, -3);
  EXPECT_THAT(result.hypotheses[0].tokens,
              ElementsAre("<0>", ".", "A", "<0>", ".", "B"));
  EXPECT_EQ(result.hypotheses[0].token_ids.size(), 6);
  EXPECT_EQ(result.hypotheses[0].token_log_probs.size(), 6);
  EXPECT_EQ(result.source_tokens, 6);
}

TEST_F(TranslateTest, TellsOfTranslationsAsTheyComeToBe) {
  Call({.texts = {"  Number one. \n And two!", " ", "Number three", "\xff"},
        .options = {.num_beams = 2,
                    .num_hypotheses = 2,
                    .max_new_tokens = 9,
                    .return_tokens = true},
        .context = {.tell = Listener(3)}});
  EXPECT_TRUE(told_[1].is_last);
  EXPECT_EQ(num_deltas_, 1);
  RunEngine();
  ExpectAllTold();
  EXPECT_EQ(told_[0].text, "  .eno rebmuN \n !owt dnA");
  EXPECT_GT(num_deltas_, 10);
}

TEST_F(TranslateTest, AnEvictionTellsNothingTwice) {
  engine_->before_step = [num_steps = 0](FakeEngine& engine) mutable {
    if (++num_steps % 5 == 0 && num_steps < 50) engine.num_to_evict = 1;
    return absl::OkStatus();
  };
  Call({.texts = {"One two. Three four. Five six.", "Seven eight."},
        .options = {.max_new_tokens = 8, .return_tokens = true},
        .context = {.tell = Listener(2)}});
  RunEngine();
  ExpectAllTold();
}

TEST_F(TranslateTest, AFailedTextIsNotToldToItsEnd) {
  engine_->before_step = [num_steps = 0](FakeEngine& engine) mutable {
    if (++num_steps == 3) engine.fail_youngest = absl::OutOfRangeError("NaN");
    return absl::OkStatus();
  };
  Call({.texts = {"First part. Second part."},
        .options = {.max_new_tokens = 9},
        .context = {.tell = Listener(1)}});
  RunEngine();
  EXPECT_TRUE(absl::IsOutOfRange(reply().results[0].status));
  EXPECT_FALSE(told_[0].is_last);
}

TEST_F(TranslateTest, PartOfALateAnswerIsGiven) {
  engine_->max_rows = 1;
  now_ = absl::Now();
  Call({.texts = {"A.", "B. C."},
        .context = {.deadline = now_ + absl::Hours(1), .allow_partial = true}});
  engine_->before_step = [this, num_steps = 0](FakeEngine&) mutable {
    if (++num_steps == 2) now_ += absl::Hours(1);
    return absl::OkStatus();
  };
  RunEngine();
  ASSERT_TRUE(reply_ && reply_->ok()) << reply_->status();
  EXPECT_EQ(reply().results[0].hypotheses.at(0).text, ".A");
  EXPECT_TRUE(absl::IsDeadlineExceeded(reply().results[1].status));
  EXPECT_THAT(reply().results[1].hypotheses, IsEmpty());
}

TEST_F(TranslateTest, WithNothingToComputeItAnswersAtOnce) {
  Call({.texts = {"", "  "}});
  ASSERT_TRUE(reply_ && reply_->ok());
  EXPECT_EQ(reply().results[1].hypotheses.at(0).text, "  ");
  EXPECT_EQ(model_->queue->size(), 0);
}

TEST_F(TranslateTest, ARefusedCallIsAnsweredAtOnce) {
  Call({.texts = {"a"}, .options = {.num_beams = 33}});
  ASSERT_TRUE(reply_);
  EXPECT_TRUE(absl::IsInvalidArgument(reply_->status()));
}

TEST_F(TranslateTest, AFullQueueRefusesTheCallAtOnce) {
  Call({.texts = std::vector<std::string>(15, "a")});
  EXPECT_FALSE(reply_);
  std::optional<absl::Status> second;
  Translate(model_, {}, {.texts = std::vector<std::string>(6, "b")},
            [&second](absl::StatusOr<TranslateReply> reply) {
              second = reply.status();
            });
  ASSERT_TRUE(second);
  EXPECT_TRUE(absl::IsResourceExhausted(*second));
  EXPECT_EQ(model_->queue->size(), 15);
  RunEngine();
  EXPECT_TRUE(reply_ && reply_->ok());
}

TEST_F(TranslateTest, OnePieceFailingFailsItsTextOnly) {
  engine_->fail_youngest = absl::OutOfRangeError("not a number");
  Call({.texts = {"A.", "B. C."}});
  RunEngine();
  ASSERT_TRUE(reply_ && reply_->ok());
  EXPECT_TRUE(reply().results[0].status.ok());
  EXPECT_TRUE(absl::IsOutOfRange(reply().results[1].status));
  EXPECT_THAT(reply().results[1].hypotheses, IsEmpty());
}

TEST_F(TranslateTest, ALostEngineFailsEveryText) {
  engine_->before_step = [](FakeEngine&) {
    return absl::DataLossError("gone");
  };
  Call({.texts = {"A.", "", "B. C."}});
  RunEngine();
  ASSERT_TRUE(reply_ && reply_->ok());
  EXPECT_TRUE(absl::IsInternal(reply().results[0].status));
  EXPECT_TRUE(reply().results[1].status.ok());
  EXPECT_TRUE(absl::IsInternal(reply().results[2].status));
  reply_.reset();
  Call({.texts = {"A."}});
  ASSERT_TRUE(reply_);
  EXPECT_TRUE(absl::IsInternal(reply_->status()));
}

TEST_F(TranslateTest, ACancelledCallEndsAsAWhole) {
  engine_->max_rows = 1;
  auto cancel = std::make_shared<CancelFlag>();
  engine_->before_step = [cancel](FakeEngine&) {
    cancel->Cancel();
    return absl::OkStatus();
  };
  Call({.texts = {"A. B.", "C."}, .context = {.cancel = cancel}});
  RunEngine();
  ASSERT_TRUE(reply_);
  EXPECT_TRUE(absl::IsCancelled(reply_->status()));
  EXPECT_EQ(engine_->admitted.size(), 1);
}

TEST_F(TranslateTest, ACancelledCallIsCancelledWhateverFailedBefore) {
  engine_->max_rows = 1;
  auto cancel = std::make_shared<CancelFlag>();
  engine_->before_step = [cancel](FakeEngine& engine) {
    engine.fail_youngest = absl::OutOfRangeError("not a number");
    cancel->Cancel();
    return absl::OkStatus();
  };
  Call({.texts = {"A. B."}, .context = {.cancel = cancel}});
  RunEngine();
  ASSERT_TRUE(reply_);
  EXPECT_TRUE(absl::IsCancelled(reply_->status()));
}

TEST_F(TranslateTest, ALateCallEndsAsAWhole) {
  engine_->max_rows = 1;
  now_ = absl::Now();
  Call({.texts = {"A. B. C."}, .context = {.deadline = now_ + absl::Hours(1)}});
  now_ += absl::Hours(2);
  RunEngine();
  ASSERT_TRUE(reply_);
  EXPECT_TRUE(absl::IsDeadlineExceeded(reply_->status()));
}

TEST_F(TranslateTest, AServerGoingDownEndsTheWholeCall) {
  Call({.texts = {"A. B."}});
  std::vector<Message> messages;
  driver_->Abandon(absl::UnavailableError("end"), &messages);
  for (Message& message : messages) Deliver(std::move(message));
  ASSERT_TRUE(reply_);
  EXPECT_TRUE(absl::IsUnavailable(reply_->status()));
}

TEST_F(TranslateTest, TimesAreThoseOfThePieceThatEndedLast) {
  engine_->max_rows = 1;
  Call({.texts = {"A. B. C."}});
  RunEngine();  // A piece goes in each second, and is done in that step.
  EXPECT_EQ(reply().timing.queue, absl::Seconds(3));
  EXPECT_EQ(reply().timing.compute, absl::ZeroDuration());
  EXPECT_GE(reply().timing.tokenize, absl::ZeroDuration());
}

TEST_F(TranslateTest, InvalidUtf8FailsItsTextOnly) {
  Call({.texts = {"ok", "bad\xc3("}});
  RunEngine();
  ASSERT_TRUE(reply_ && reply_->ok());
  EXPECT_TRUE(reply().results[0].status.ok());
  EXPECT_THAT(reply().results[1].status.message(), HasSubstr("byte 3"));
}

// With real threads: every call gets its own texts back, turned round.
TEST(TranslateThreadsTest, ManyCallsAtOnce) {
  constexpr int kNumThreads = 4;
  constexpr int kCallsPerThread = 50;
  FakeEngine* engine;
  auto model = FakeModel({}, &engine);
  model->tokenizer = std::make_unique<FakeTokenizer>();
  model->info.max_source_tokens = 40;
  model->info.max_target_tokens = 10;
  model->info.default_search.max_new_tokens = 3;
  engine->before_step = [num_steps = 0](FakeEngine& fake) mutable {
    if (++num_steps % 7 == 0) fake.num_to_evict = 1;
    return absl::OkStatus();
  };
  auto runner = Runner::Create({});
  runner->Add(model);
  absl::BlockingCounter answers(kNumThreads * kCallsPerThread);
  const auto call_all = [&](int thread) {
    for (int i = 0; i < kCallsPerThread; ++i) {
      const std::string name = absl::StrCat("t", thread, "c", i);
      const std::string reversed(name.rbegin(), name.rend());
      Translate(
          model, {}, {.texts = {absl::StrCat(name, "x. Y. Z."), "", name}},
          [&answers, reversed](absl::StatusOr<TranslateReply> reply) {
            EXPECT_TRUE(reply.ok()) << reply.status();
            if (reply.ok()) {
              EXPECT_EQ(reply->results[0].hypotheses.at(0).text,
                        absl::StrCat(".x", reversed, " .Y .Z"));
              EXPECT_EQ(reply->results[2].hypotheses.at(0).text, reversed);
            }
            answers.DecrementCount();
          });
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kNumThreads; ++i) threads.emplace_back(call_all, i);
  for (std::thread& thread : threads) thread.join();
  answers.Wait();
}

}  // namespace
}  // namespace parley
