#include "client/line_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Translated = AnsweredText<v1::TranslateResult>;

struct Handed {
  int64_t number;
  std::string text;
  std::string translation;
  int code;
};

class CallForTextsTest : public ::testing::Test {
 protected:
  void Serve(TranslateHandler handler) {
    server_ = std::make_unique<FakeServer>(std::move(handler));
    ClientOptions options;
    options.server = server_->address();
    options.timeout = absl::Seconds(60);
    options.retry.initial_backoff = absl::Milliseconds(1);
    client_ = std::make_unique<Client>(options);
  }

  LineCalls Calls(TextSource& source) {
    return {.client = *client_, .source = source, .pipeline = options_};
  }
  absl::Status Translate(TextSource& source) {
    method_.request.set_target_language("de");
    return CallForTexts(
        Calls(source), method_, [this](const Translated& translated) {
          const v1::TranslateResult& result = translated.result;
          EXPECT_TRUE(result.has_status());
          handed_.push_back(
              {translated.number, translated.text,
               result.hypotheses().empty() ? "" : result.hypotheses(0).text(),
               result.status().code()});
          return absl::OkStatus();
        });
  }
  absl::Status Translate(std::vector<std::string> texts) {
    ListSource source(std::move(texts));
    return Translate(source);
  }

  // All texts "0" to "count - 1" were handed over in order.
  void ExpectAllInOrder(int count) {
    ASSERT_EQ(handed_.size(), static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(handed_[i].number, i + 1);
      EXPECT_EQ(handed_[i].translation, absl::StrCat("de:", i));
    }
  }

  std::unique_ptr<FakeServer> server_;
  std::unique_ptr<Client> client_;
  PipelineOptions options_;
  LineMethod<v1::TranslateRequest, v1::TranslateResponse> method_ = {
      .start = &Client::TranslateAsync, .request = {}};
  std::vector<Handed> handed_;
};

std::vector<std::string> Numbers(int count) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back(absl::StrCat(i));
  return texts;
}

TEST_F(CallForTextsTest, NothingIsFine) {
  Serve(EchoTranslate);
  EXPECT_TRUE(Translate(Numbers(0)).ok());
  EXPECT_THAT(handed_, IsEmpty());
  EXPECT_EQ(server_->num_translate_calls(), 0);
}

TEST_F(CallForTextsTest, KeepsTheOrderWhereAnswersComeInAnother) {
  // The first call is answered only when the last batch has come.
  auto last_came = std::make_shared<absl::Notification>();
  std::atomic<bool> waited_in_vain = false;
  Serve([&, last_came](const v1::TranslateRequest& request,
                       v1::TranslateResponse* response) {
    if (request.texts(0) == "9" && !last_came->HasBeenNotified()) {
      last_came->Notify();
    }
    if (request.texts(0) == "0" &&
        !last_came->WaitForNotificationWithTimeout(absl::Seconds(30))) {
      waited_in_vain = true;
    }
    return EchoTranslate(request, response);
  });
  options_.batch_size = 3;
  options_.in_flight = 3;
  ASSERT_TRUE(Translate(Numbers(11)).ok());
  EXPECT_FALSE(waited_in_vain);
  ExpectAllInOrder(11);
}

TEST_F(CallForTextsTest, AsManyCallsAsAllowedAndNoMore) {
  auto gate = std::make_shared<Gate>(4);
  Serve([gate](const v1::TranslateRequest& request,
               v1::TranslateResponse* response) {
    const bool opened = gate->Enter();
    gate->Leave();
    if (!opened) return grpc::Status(grpc::StatusCode::ABORTED, "alone");
    return EchoTranslate(request, response);
  });
  options_.batch_size = 1;
  options_.in_flight = 4;
  ASSERT_TRUE(Translate(Numbers(100)).ok());
  ExpectAllInOrder(100);
  EXPECT_EQ(gate->most(), 4);
}

TEST_F(CallForTextsTest, ABatchEndsByTextsOrByBytes) {
  Serve(EchoTranslate);
  options_.batch_size = 4;
  ASSERT_TRUE(Translate(Numbers(10)).ok());
  EXPECT_EQ(server_->num_translate_calls(), 3);
  options_.batch_bytes = 2;
  ASSERT_TRUE(Translate(Numbers(10)).ok());
  EXPECT_EQ(server_->num_translate_calls(), 3 + 5);
}

TEST_F(CallForTextsTest, WhatIsWrongWithATextStaysWithIt) {
  Serve(
      [](const v1::TranslateRequest& request, v1::TranslateResponse* response) {
        EchoTranslate(request, response);
        for (int i = 0; i < request.texts_size(); ++i) {
          if (request.texts(i) != "1") continue;
          response->mutable_results(i)->mutable_status()->set_code(13);
        }
        return grpc::Status::OK;
      });
  ASSERT_TRUE(Translate({"0", "1", "a\xffz", "3"}).ok());
  ASSERT_EQ(handed_.size(), 4u);
  EXPECT_EQ(handed_[0].translation, "de:0");
  EXPECT_EQ(handed_[1].code, 13);
  EXPECT_EQ(handed_[1].translation, "");
  EXPECT_EQ(handed_[2].code, 3);  // Never sent: it is not UTF-8.
  EXPECT_EQ(handed_[3].translation, "de:3");
}

TEST_F(CallForTextsTest, ABatchWithNothingToSendIsNotSent) {
  Serve(EchoTranslate);
  options_.batch_size = 1;
  ASSERT_TRUE(Translate({"\xff", "\xfe"}).ok());
  EXPECT_EQ(handed_.size(), 2u);
  EXPECT_EQ(server_->num_translate_calls(), 0);
}

TEST_F(CallForTextsTest, ACallThatFailsCostsItsOwnTextsOnly) {
  Serve(
      [](const v1::TranslateRequest& request, v1::TranslateResponse* response) {
        if (request.texts(0) == "2") {
          return grpc::Status(grpc::StatusCode::INTERNAL, "broken");
        }
        return EchoTranslate(request, response);
      });
  options_.batch_size = 2;
  ASSERT_TRUE(Translate(Numbers(6)).ok());
  ASSERT_EQ(handed_.size(), 6u);
  EXPECT_EQ(handed_[1].code, 0);
  EXPECT_EQ(handed_[2].code, 13);
  EXPECT_EQ(handed_[3].code, 13);
  EXPECT_EQ(handed_[4].translation, "de:4");
}

TEST_F(CallForTextsTest, AnAnswerOfTheWrongSizeIsAFailure) {
  Serve(
      [](const v1::TranslateRequest& request, v1::TranslateResponse* response) {
        EchoTranslate(request, response);
        response->mutable_results()->RemoveLast();
        return grpc::Status::OK;
      });
  ASSERT_TRUE(Translate(Numbers(2)).ok());
  ASSERT_EQ(handed_.size(), 2u);
  EXPECT_EQ(handed_[0].code, 13);
  EXPECT_EQ(handed_[1].code, 13);
}

TEST_F(CallForTextsTest, ARefusedRequestEndsTheRun) {
  Serve(
      [](const v1::TranslateRequest& request, v1::TranslateResponse* response) {
        if (request.texts(0) == "4") {
          return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such model");
        }
        return EchoTranslate(request, response);
      });
  options_.batch_size = 2;
  options_.in_flight = 1;
  const absl::Status status = Translate(Numbers(1000));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("from text 5 on: no such model"));
  EXPECT_EQ(handed_.size(), 4u);
  EXPECT_LT(server_->num_translate_calls(), 10);
}

TEST_F(CallForTextsTest, AnEndedRunLeavesWhatIsUnderWayToTheClient) {
  auto release = std::make_shared<absl::Notification>();
  Serve([release](const v1::TranslateRequest& request,
                  v1::TranslateResponse* response) {
    if (request.texts(0) == "0") {
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such model");
    }
    release->WaitForNotificationWithTimeout(absl::Seconds(30));
    return EchoTranslate(request, response);
  });
  options_.batch_size = 1;
  EXPECT_EQ(Translate(Numbers(4)).code(), absl::StatusCode::kNotFound);
  client_ = nullptr;
  release->Notify();
}

TEST_F(CallForTextsTest, WhatTheMethodDoesNotTakeFailsAloneAndIsNotSent) {
  Serve(EchoTranslate);
  method_.add = [](const std::string& text, v1::TranslateRequest* request) {
    if (text == "1") return absl::OutOfRangeError("odd");
    request->add_texts(text + text);
    return absl::OkStatus();
  };
  ASSERT_TRUE(Translate(Numbers(4)).ok());
  ASSERT_EQ(handed_.size(), 4u);
  EXPECT_EQ(handed_[0].translation, "de:00");
  EXPECT_EQ(handed_[1].code, 11);
  EXPECT_EQ(handed_[2].translation, "de:22");
  EXPECT_EQ(handed_[3].translation, "de:33");
}

TEST_F(CallForTextsTest, AnswersAreArrangedBeforeTheyAreHandedOver) {
  Serve(
      [](const v1::TranslateRequest& request, v1::TranslateResponse* response) {
        EchoTranslate(request, response);
        response->mutable_results()->SwapElements(0, 2);
        return grpc::Status::OK;
      });
  method_.arrange = [](v1::TranslateResponse* response) {
    response->mutable_results()->SwapElements(0, 2);
    return absl::OkStatus();
  };
  ASSERT_TRUE(Translate(Numbers(3)).ok());
  ExpectAllInOrder(3);
  method_.arrange = [](v1::TranslateResponse* response) {
    return absl::InternalError("cannot be arranged");
  };
  handed_.clear();
  ASSERT_TRUE(Translate(Numbers(3)).ok());
  ASSERT_EQ(handed_.size(), 3u);
  EXPECT_EQ(handed_[0].code, 13);
}

TEST_F(CallForTextsTest, ASourcesErrorComesAfterItsTexts) {
  Serve(EchoTranslate);
  class Broken : public TextSource {
   public:
    absl::StatusOr<Next> Read(std::string* text) override {
      if (next_ == 3) return absl::DataLossError("torn");
      *text = absl::StrCat(next_++);
      return Next::kText;
    }
    int fd() const override { return -1; }

   private:
    int next_ = 0;
  } source;
  EXPECT_EQ(Translate(source), absl::DataLossError("torn"));
  ExpectAllInOrder(3);
}

TEST_F(CallForTextsTest, TheSinksErrorEndsTheRun) {
  Serve(EchoTranslate);
  ListSource source(Numbers(100));
  options_.batch_size = 1;
  int num_handed = 0;
  const absl::Status status =
      CallForTexts(Calls(source), method_, [&](const Translated&) {
        return ++num_handed == 2 ? absl::DataLossError("full")
                                 : absl::OkStatus();
      });
  EXPECT_EQ(status, absl::DataLossError("full"));
  EXPECT_EQ(num_handed, 2);
}

TEST_F(CallForTextsTest, ASlowPipeIsAnsweredLineByLine) {
  Serve(EchoTranslate);
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  LineSource source(fds[0], 1000);
  // Each line is written only when the one before has been handed over.
  ASSERT_EQ(::write(fds[1], "0\n", 2), 2);
  std::vector<std::string> translations;
  const absl::Status status =
      CallForTexts(Calls(source), method_, [&](const Translated& translated) {
        translations.push_back(translated.result.hypotheses(0).text());
        const std::string next = absl::StrCat(translations.size(), "\n");
        if (translations.size() < 3) {
          EXPECT_EQ(::write(fds[1], next.data(), 2), 2);
        } else {
          ::close(fds[1]);
        }
        return absl::OkStatus();
      });
  ::close(fds[0]);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(translations, ElementsAre(":0", ":1", ":2"));
}

}  // namespace
}  // namespace parley::client
