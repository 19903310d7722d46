#include "client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::grpc::health::v1::HealthCheckResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::TranslateRequest Request(const std::string& text) {
  v1::TranslateRequest request;
  request.set_target_language("de");
  request.add_texts(text);
  return request;
}

ClientOptions OptionsFor(const FakeServer& server) {
  ClientOptions options;
  options.server = server.address();
  options.retry.initial_backoff = absl::Milliseconds(2);
  return options;
}

// An address where nobody listens any more.
std::string UnusedAddress() { return FakeServer().address(); }

TEST(Client, Translates) {
  FakeServer server;
  Client client(OptionsFor(server));
  const auto answer = client.Translate(Request("A man."));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->results(0).hypotheses(0).text(), "de:A man.");
  EXPECT_EQ(answer->model(), "fake");
}

TEST(Client, TellsOfATranslationAsItComes) {
  FakeServer server;
  Client client(OptionsFor(server));
  std::vector<std::string> told;
  const auto answer = client.TranslateStream(
      Request("A man."), [&told](const v1::TranslateDelta& delta) {
        told.push_back(delta.text());
      });
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(told, ElementsAre("de:A", " man."));
  EXPECT_EQ(answer->results(0).hypotheses(0).text(), "de:A man.");
}

TEST(Client, TellsOfATranslationWithoutWaiting) {
  FakeServer server;
  Client client(OptionsFor(server));
  std::vector<std::string> told;
  absl::StatusOr<v1::TranslateResponse> answer;
  absl::Notification finished;
  client.TranslateStreamAsync(
      Request("A man."),
      [&](const v1::TranslateDelta& delta) { told.push_back(delta.text()); },
      [&](absl::StatusOr<v1::TranslateResponse> result) {
        answer = std::move(result);
        finished.Notify();
      });
  finished.WaitForNotification();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(told, ElementsAre("de:A", " man."));
  EXPECT_EQ(answer->results(0).hypotheses(0).text(), "de:A man.");
}

TEST(Client, ManyTranslationsShareAStream) {
  FakeServer server;
  std::atomic<int> num_good = 0;
  std::atomic<int> num_ended = 0;
  {
    Client client(OptionsFor(server));
    absl::Notification all;
    for (int i = 0; i < 50; ++i) {
      client.TranslateOnStreamAsync(
          Request("A man."), [&](absl::StatusOr<v1::TranslateResponse> answer) {
            if (answer.ok()) ++num_good;
            if (++num_ended == 50) all.Notify();
          });
    }
    EXPECT_TRUE(all.WaitForNotificationWithTimeout(absl::Seconds(30)));
  }
  EXPECT_EQ(num_good, 50);
  EXPECT_EQ(server.num_batch_streams(), 1);
}

TEST(Client, ItsEndCancelsCallsOnStreams) {
  FakeServer server;
  server.set_batch_stream([](BatchStreamWire* wire) {
    v1::TranslateBatchStreamRequest item;
    while (wire->Read(&item)) {
    }
    return grpc::Status::OK;
  });
  absl::Status status;
  {
    Client client(OptionsFor(server));
    client.TranslateOnStreamAsync(
        Request("A man."), [&](absl::StatusOr<v1::TranslateResponse> answer) {
          status = answer.status();
        });
  }
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
}

TEST(Client, RequestsThatAreTooLargeAreNotSentOnStreams) {
  FakeServer server;
  ClientOptions options = OptionsFor(server);
  options.max_message_bytes = 100;
  Client client(options);
  absl::Status status;
  client.TranslateOnStreamAsync(
      Request(std::string(200, 'x')),
      [&](absl::StatusOr<v1::TranslateResponse> answer) {
        status = answer.status();
      });
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_TRUE(absl::IsInvalidArgument(
      client
          .TranslateStream(Request(std::string(200, 'x')),
                           [](const v1::TranslateDelta&) {})
          .status()));
  EXPECT_EQ(server.num_batch_streams(), 0);
}

TEST(Client, RetriesWhereTheServerIsUnavailable) {
  FakeServer server(FailFirst(2, grpc::StatusCode::UNAVAILABLE));
  Client client(OptionsFor(server));
  const auto answer = client.Translate(Request("A man."));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->results_size(), 1);
  EXPECT_EQ(server.num_translate_calls(), 3);
}

TEST(Client, WaitsForABusyServer) {
  FakeServer server(FailFirst(8, grpc::StatusCode::RESOURCE_EXHAUSTED));
  Client client(OptionsFor(server));
  const auto answer = client.Translate(Request("A man."));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(server.num_translate_calls(), 9);
}

TEST(Client, DoesNotRetryWhatIsWrong) {
  FakeServer server(FailFirst(1, grpc::StatusCode::INVALID_ARGUMENT));
  Client client(OptionsFor(server));
  const auto answer = client.Translate(Request("A man."));
  EXPECT_EQ(answer.status(), absl::InvalidArgumentError("not this time"));
  EXPECT_EQ(server.num_translate_calls(), 1);
}

TEST(Client, EndsAtTheDeadline) {
  absl::Notification release;
  FakeServer server([&](const v1::TranslateRequest& request,
                        v1::TranslateResponse* response) {
    release.WaitForNotificationWithTimeout(absl::Seconds(30));
    return EchoTranslate(request, response);
  });
  ClientOptions options = OptionsFor(server);
  options.timeout = absl::Milliseconds(50);
  Client client(options);
  const auto answer = client.Translate(Request("A man."));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded);
  release.Notify();
}

TEST(Client, ABusyServerIsWaitedForUntilTheDeadlineOnly) {
  FakeServer server(FailFirst(1 << 30, grpc::StatusCode::RESOURCE_EXHAUSTED));
  ClientOptions options = OptionsFor(server);
  options.timeout = absl::Seconds(1);
  Client client(options);
  const auto answer = client.Translate(Request("A man."));
  // Which of the two depends on where the deadline falls.
  EXPECT_TRUE(answer.status().code() == absl::StatusCode::kResourceExhausted ||
              answer.status().code() == absl::StatusCode::kDeadlineExceeded)
      << answer.status();
  EXPECT_GE(server.num_translate_calls(), 1);
}

TEST(Client, SaysWhereNobodyListens) {
  ClientOptions options;
  options.server = UnusedAddress();
  options.retry.max_unavailable_attempts = 2;
  options.retry.initial_backoff = absl::Milliseconds(1);
  Client client(options);
  const auto answer = client.Translate(Request("A man."));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(answer.status().message(), HasSubstr("after 2 attempts"));
}

TEST(Client, RefusesARequestOverTheLimitBeforeSendingIt) {
  FakeServer server;
  ClientOptions options = OptionsFor(server);
  options.max_message_bytes = 100;
  Client client(options);
  const auto answer = client.Translate(Request(std::string(200, 'x')));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(answer.status().message(), HasSubstr("100"));
  EXPECT_EQ(server.num_translate_calls(), 0);
}

TEST(Client, DoesNotRetryAnAnswerOverTheLimit) {
  FakeServer server(
      [](const v1::TranslateRequest& request, v1::TranslateResponse* response) {
        response->set_model(std::string(1000, 'x'));
        return grpc::Status::OK;
      });
  ClientOptions options = OptionsFor(server);
  options.max_message_bytes = 100;
  Client client(options);
  const auto answer = client.Translate(Request("A man."));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(server.num_translate_calls(), 1);
}

TEST(Client, ManyCallsAreUnderWayAtOnce) {
  Gate gate(8);
  FakeServer server([&](const v1::TranslateRequest& request,
                        v1::TranslateResponse* response) {
    const bool opened = gate.Enter();
    gate.Leave();
    if (!opened) return grpc::Status(grpc::StatusCode::ABORTED, "alone");
    return EchoTranslate(request, response);
  });
  std::atomic<int> num_ok = 0;
  absl::Mutex mutex;
  int num_done = 0;
  Client client(OptionsFor(server));
  for (int i = 0; i < 8; ++i) {
    client.TranslateAsync(Request(std::to_string(i)), [&](auto answer) {
      if (answer.ok()) ++num_ok;
      absl::MutexLock lock(&mutex);
      ++num_done;
    });
  }
  {
    absl::MutexLock lock(&mutex);
    mutex.Await(absl::Condition(
        +[](int* done) { return *done == 8; }, &num_done));
  }
  EXPECT_EQ(num_ok, 8);
}

TEST(Client, ItsEndCancelsWhatIsUnderWay) {
  absl::Notification entered, release;
  FakeServer server([&](const v1::TranslateRequest& request,
                        v1::TranslateResponse* response) {
    entered.Notify();
    release.WaitForNotificationWithTimeout(absl::Seconds(30));
    return EchoTranslate(request, response);
  });
  absl::Status ended;
  {
    Client client(OptionsFor(server));
    client.TranslateAsync(Request("A man."),
                          [&](auto answer) { ended = answer.status(); });
    entered.WaitForNotification();
  }
  EXPECT_EQ(ended.code(), absl::StatusCode::kCancelled);
  release.Notify();
}

TEST(Client, CallsTheMethodsOfEncoders) {
  FakeServer server;
  Client client(OptionsFor(server));
  v1::EmbedRequest embed;
  embed.add_texts("abc");
  const auto embedded = client.Embed(embed);
  ASSERT_TRUE(embedded.ok()) << embedded.status();
  EXPECT_EQ(embedded->results(0).dimensions(), 2);

  v1::SimilarityRequest similarity;
  similarity.add_others("0.5 a");
  EXPECT_EQ(client.Similarity(similarity)->results(0).score(), 0.5f);
  v1::RerankRequest rerank;
  rerank.add_documents("1 a");
  rerank.add_documents("2 b");
  EXPECT_EQ(client.Rerank(rerank)->results(0).index(), 1);
  v1::ClassifyRequest classify;
  classify.add_texts("good");
  EXPECT_EQ(client.Classify(classify)->results(0).labels(0).label(), "good");
  v1::FillMaskRequest fill;
  fill.add_texts("a [MASK]");
  EXPECT_EQ(client.FillMask(fill)->results(0).masks_size(), 2);
  v1::TokenizeRequest tokenize;
  tokenize.add_texts("abc");
  EXPECT_EQ(client.Tokenize(tokenize)->results(0).tokens(0).text(), "abc");
}

TEST(Client, MethodsThatTheServerDoesNotHaveAreUnimplemented) {
  FakeServer server;
  Client client(OptionsFor(server));
  const auto code = absl::StatusCode::kUnimplemented;
  EXPECT_EQ(client.EmbedTokens({}).status().code(), code);
  EXPECT_EQ(client.NextSentence({}).status().code(), code);
  EXPECT_EQ(client.Detokenize({}).status().code(), code);
}

TEST(Client, RefusesAnUnknownModelOnce) {
  FakeServer server;
  Client client(OptionsFor(server));
  v1::EmbedRequest embed;
  embed.set_model("none");
  EXPECT_EQ(client.Embed(embed).status(), absl::NotFoundError("no such model"));
}

TEST(Client, TellsOfModels) {
  FakeServer server;
  Client client(OptionsFor(server));
  const auto list = client.ListModels();
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->models_size(), 2);
  const auto model = client.GetModel("demo");
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->architecture(), "MarianMTModel");
  EXPECT_EQ(client.GetModel("other").status(),
            absl::NotFoundError("no such model; served: demo"));
}

TEST(Client, TellsOfHealth) {
  FakeServer server;
  server.set_health(HealthCheckResponse::NOT_SERVING);
  Client client(OptionsFor(server));
  EXPECT_EQ(*client.CheckHealth(""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(*client.CheckHealth("demo"), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(client.CheckHealth("x").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace parley::client
