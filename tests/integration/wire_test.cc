// The real server with the demo model, over the wire: right answers, and clear
// ones to bad input that cost nobody else anything.
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/integration/translation_server.h"

namespace parley {
namespace {

using ::grpc::health::v1::Health;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;
using Outcome = TranslationClient::Outcome;

constexpr char kMethod[] = "/parley.v1.TranslationService/Translate";
constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;

// One server for all tests that leave it running.
class WireTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new TranslationServer(); }

  static void TearDownTestSuite() {
    server_->End();
    delete server_;
  }

  static TranslationClient& client() { return server_->client(); }

  void SetUp() override { ASSERT_TRUE(server_->process().running()); }

  // Whatever a test did, the server goes on.
  void TearDown() override { ExpectServes(); }

  static void ExpectServes() {
    const Outcome outcome =
        client().Translate(DemoRequest({"A man is riding a bike."}));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
    ASSERT_EQ(outcome.response.results_size(), 1);
    EXPECT_THAT(outcome.response.results(0).hypotheses(0).text(),
                HasSubstr("Mann"));
  }

  static void ExpectRefused(const v1::TranslateRequest& request,
                            grpc::StatusCode code, const std::string& part) {
    const grpc::Status status = client().Translate(request).status;
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(part));
  }

  static v1::TranslateResult TranslateOne(const std::string& text) {
    const Outcome outcome = client().Translate(DemoRequest({text}));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
    EXPECT_EQ(outcome.response.results_size(), 1);
    return outcome.response.results_size() == 1 ? outcome.response.results(0)
                                                : v1::TranslateResult();
  }

  static TranslationServer* server_;
};

TranslationServer* WireTest::server_ = nullptr;

TEST_F(WireTest, AnswersAsTheReference) {
  std::ifstream file(
      "tests/goldens/translate/test_2016_flickr.en-de.beam4.jsonl");
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  v1::TranslateRequest request = DemoRequest({});
  request.mutable_options()->set_num_beams(4);
  request.mutable_options()->set_split(v1::SPLIT_NONE);
  request.mutable_options()->set_return_tokens(true);
  std::vector<nlohmann::json> goldens;
  while (goldens.size() < 20 && std::getline(file, line)) {
    goldens.push_back(nlohmann::json::parse(line));
    request.add_texts(goldens.back()["source"].get<std::string>());
  }
  ASSERT_EQ(goldens.size(), 20);
  const Outcome outcome = client().Translate(request);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.response.model(), "demo");
  ASSERT_EQ(outcome.response.results_size(), 20);
  for (size_t i = 0; i < goldens.size(); ++i) {
    const v1::TranslateResult& result = outcome.response.results(i);
    EXPECT_EQ(result.status().code(), 0);
    EXPECT_EQ(result.source_tokens(), goldens[i]["source_ids"].size());
    ASSERT_EQ(result.hypotheses_size(), 1);
    const v1::Hypothesis& hypothesis = result.hypotheses(0);
    const nlohmann::json& golden = goldens[i]["hypotheses"][0];
    EXPECT_EQ(hypothesis.text(), golden["text"].get<std::string>());
    EXPECT_EQ(std::vector<int>(hypothesis.token_ids().begin(),
                               hypothesis.token_ids().end()),
              golden["target_ids"].get<std::vector<int>>());
    EXPECT_NEAR(hypothesis.score(), golden["score"].get<float>(), 1e-3);
    EXPECT_EQ(hypothesis.tokens_size(), hypothesis.token_ids_size());
    EXPECT_EQ(hypothesis.finish_reason(), v1::FINISH_REASON_END_OF_SEQUENCE);
  }
}

TEST_F(WireTest, SaysWhatItServes) {
  EXPECT_EQ(HealthOf(client().channel(), ""), HealthCheckResponse::SERVING);
  EXPECT_EQ(HealthOf(client().channel(), "demo"), HealthCheckResponse::SERVING);
  EXPECT_EQ(HealthOf(client().channel(), "other"), -1);
  const v1::ListModelsResponse models = client().ListModels();
  ASSERT_EQ(models.models_size(), 1);
  const v1::Model& demo = models.models(0);
  EXPECT_EQ(demo.name(), "demo");
  EXPECT_EQ(demo.architecture(), "MarianMTModel");
  EXPECT_EQ(demo.language_pairs_size(), 4);
  EXPECT_GT(demo.num_parameters(), 6'000'000);
  EXPECT_EQ(demo.state(), v1::MODEL_STATE_READY);
  EXPECT_EQ(demo.limits().max_texts_per_request(), 1024);
}

TEST_F(WireTest, BlankTextsAreTheirOwnTranslation) {
  for (const std::string& text :
       {std::string(), std::string("   "), std::string("\n\t \n")}) {
    const v1::TranslateResult result = TranslateOne(text);
    EXPECT_EQ(result.status().code(), 0) << result.status().message();
    for (const v1::Hypothesis& hypothesis : result.hypotheses()) {
      EXPECT_EQ(hypothesis.text(), text);
    }
  }
}

TEST_F(WireTest, NamesTextThatIsNotUtf8) {
  // Field 2 (texts): two bytes that are no character.
  const grpc::Status status =
      CallWithBytes(client().channel(), kMethod, "\x12\x02\xc3\x28");
  EXPECT_EQ(status.error_code(), kInvalid);
  EXPECT_EQ(status.error_message(),
            "parley.v1.TranslateRequest.texts is not valid UTF-8");
}

TEST_F(WireTest, RefusesBytesThatAreNoRequest) {
  EXPECT_EQ(
      CallWithBytes(client().channel(), kMethod, "\xff\xff\xff").error_code(),
      kInvalid);
  EXPECT_EQ(CallWithBytes(client().channel(), "/parley.v1.Other/Method", "")
                .error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(WireTest, TakesNul) {
  const v1::TranslateResult result =
      TranslateOne(std::string("A man\0is riding a bike.", 23));
  EXPECT_EQ(result.status().code(), 0) << result.status().message();
  EXPECT_EQ(result.hypotheses_size(), 1);
}

TEST_F(WireTest, TakesAMegabyteWithoutASpace) {
  // One token of the model's, so that this is a megabyte of few tokens.
  constexpr absl::string_view kWord = "Krankenschwester";
  std::string text;
  while (text.size() < 1 << 20) absl::StrAppend(&text, kWord);
  v1::TranslateRequest request = DemoRequest({text});
  request.mutable_options()->set_num_beams(1);
  request.mutable_options()->set_max_new_tokens(2);
  const Outcome outcome = client().Translate(request);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  const v1::TranslateResult& result = outcome.response.results(0);
  EXPECT_EQ(result.status().code(), 0) << result.status().message();
  EXPECT_EQ(result.hypotheses_size(), 1);
  // Nothing was cut: it went through in pieces.
  EXPECT_GT(result.source_tokens(), text.size() / kWord.size());
  EXPECT_FALSE(result.truncated());
}

TEST_F(WireTest, AMegabyteThatIsGivenUpLeavesTheServer) {
  {
    // As many tokens as bytes: minutes of work.
    StartedTranslation megabyte(client().stub(),
                                DemoRequest({std::string(1 << 20, 'a')}));
    EXPECT_EQ(HealthOf(client().channel(), "demo"),
              HealthCheckResponse::SERVING);
  }
  server_->ExpectIdle();
  ExpectServes();
}

TEST_F(WireTest, RefusesTenThousandTexts) {
  ExpectRefused(DemoRequest(std::vector<std::string>(10'000, "A man.")),
                kInvalid, "1024");
}

TEST_F(WireTest, RefusesAMessageThatIsTooLarge) {
  ExpectRefused(DemoRequest({std::string(17 << 20, ' ')}),
                grpc::StatusCode::RESOURCE_EXHAUSTED, "larger than max");
}

TEST_F(WireTest, RefusesUnknownNames) {
  v1::TranslateRequest request = DemoRequest({"A man."});
  request.set_model("other");
  ExpectRefused(request, grpc::StatusCode::NOT_FOUND, "demo");
  request = DemoRequest({"A man."});
  request.set_target_language("xx");
  ExpectRefused(request, kInvalid, "xx");
  request = DemoRequest({"A man."});
  request.set_source_language("fr");  // French to German is no pair of its.
  ExpectRefused(request, kInvalid, "en-de");
}

TEST_F(WireTest, RefusesOptionsOutOfRange) {
  for (const int num_beams : {0, 1000, -1, 33}) {
    v1::TranslateRequest request = DemoRequest({"A man."});
    request.mutable_options()->set_num_beams(num_beams);
    ExpectRefused(request, kInvalid, "num_beams");
  }
  for (const int limit : {0, -1, 1'000'000}) {
    v1::TranslateRequest request = DemoRequest({"A man."});
    request.mutable_options()->set_max_new_tokens(limit);
    ExpectRefused(request, kInvalid, "max_new_tokens");
  }
  v1::TranslateRequest request = DemoRequest({"A man."});
  request.mutable_options()->set_min_new_tokens(-5);
  ExpectRefused(request, kInvalid, "min_new_tokens");
  request = DemoRequest({"A man."});
  request.mutable_options()->set_num_hypotheses(-1);
  ExpectRefused(request, kInvalid, "num_hypotheses");
  request = DemoRequest({"A man."});
  request.mutable_options()->set_early_stopping(
      static_cast<v1::EarlyStopping>(99));
  ExpectRefused(request, kInvalid, "options.early_stopping");
}

TEST_F(WireTest, ACancelledCallCostsNobodyAnything) {
  v1::TranslateRequest request =
      DemoRequest(std::vector<std::string>(1024, "A man is riding a bike."));
  request.mutable_options()->set_num_beams(32);  // Minutes of work.
  const std::string dropped = "parley_tasks_dropped_total";
  const double num_before = server_->Scrape().Sum(dropped);
  server_->Start(request).reset();
  server_->ExpectIdle();
  EXPECT_GT(server_->Scrape().Sum(dropped), num_before);
  ExpectServes();
}

// A server of the test's own, to be ended by it.
class DrainTest : public ::testing::Test {
 protected:
  TranslationClient& client() { return server_.client(); }

  // A call of seconds that the server has taken.
  std::unique_ptr<StartedTranslation> StartLongCall() {
    return server_.Start(DemoRequest(std::vector<std::string>(
        256, "A man in a blue shirt is standing on a ladder.")));
  }

  // Time enough for it.
  TranslationServer server_{{kServeDemo, "--drain_timeout=2m"}};
};

TEST_F(DrainTest, SigtermAnswersWhatIsInside) {
  const auto call = StartLongCall();
  grpc::ClientContext context;
  SetLongDeadline(&context);
  const auto watch = Health::NewStub(client().channel())
                         ->Watch(&context, HealthCheckRequest());
  HealthCheckResponse state;
  ASSERT_TRUE(watch->Read(&state));
  EXPECT_EQ(state.status(), HealthCheckResponse::SERVING);
  server_.process().Signal(SIGTERM);
  ASSERT_TRUE(watch->Read(&state));
  EXPECT_EQ(state.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&state));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);

  const grpc::Status status = call->Wait();
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(call->response().results_size(), 256);
  for (const v1::TranslateResult& result : call->response().results()) {
    ASSERT_EQ(result.status().code(), 0) << result.status().message();
  }
  EXPECT_EQ(server_.process().WaitForExit(), 0) << server_.process().err();
  EXPECT_EQ(client().Translate(DemoRequest({"late"})).status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(DrainTest, ASecondSignalEndsAtOnce) {
  const auto call = StartLongCall();
  server_.process().Signal(SIGTERM);
  // The first has been heard once health says so.
  EXPECT_TRUE(Eventually([&] {
    return HealthOf(client().channel(), "") != HealthCheckResponse::SERVING;
  }));
  server_.process().Signal(SIGTERM);
  const int exit_status = server_.process().WaitForExit();
  // Where the machine is quick, the call may have ended in between.
  constexpr int kSecondSignal = 4;
  EXPECT_TRUE(exit_status == kSecondSignal ||
              (exit_status == 0 && call->Wait().ok()))
      << exit_status;
}

TEST(LimitsTest, TheirFlagsAreObeyed) {
  TranslationServer server(
      {kServeDemo, "--max_queued_tasks=8", "--max_texts_per_request=9",
       "--max_request_bytes=2097152", "--max_inflight_mb=2"});
  const auto refusal = [&server](std::vector<std::string> texts) {
    return server.client().Translate(DemoRequest(std::move(texts))).status;
  };
  EXPECT_THAT(refusal(std::vector<std::string>(10, "A man.")).error_message(),
              HasSubstr("9"));
  // Texts that could never wait together, and one that could not by itself.
  for (const auto& texts :
       {std::vector<std::string>(9, "A man."),
        std::vector<std::string>{std::string(1 << 20, 'a')}}) {
    const grpc::Status status = refusal(texts);
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(status.error_message(), HasSubstr("8"));
  }
  EXPECT_EQ(refusal({std::string(3 << 20, ' ')}).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(refusal(std::vector<std::string>(8, "A man.")).ok());
  server.End();
}

}  // namespace
}  // namespace parley
