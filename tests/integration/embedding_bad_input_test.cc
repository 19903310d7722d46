// Bad input over the wire to the real server: each kind has its documented
// answer (docs/embedding.md), and costs nobody else anything.
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "parley/v1/model.grpc.pb.h"
#include "parley/v1/translation.grpc.pb.h"
#include "tests/integration/embedding_server.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using Stub = v1::EmbeddingService::Stub;

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;

v1::EmbedRequest Request(std::vector<std::string> texts) {
  v1::EmbedRequest request;
  for (std::string& text : texts) request.add_texts(std::move(text));
  return request;
}

class BadInputTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder();
    server_ = new EmbeddingServer(absl::StrCat(
        MiniLmArgument(), ",demo=models/demo,",
        TinyModelArgument("bert-classifier", *folder_, "{\"version\": "), ",",
        TinyModelArgument("bert-pretraining", *folder_,
                          R"({"model": {"type": "Imagined"}})")));
  }
  static void TearDownTestSuite() {
    server_->End();
    delete server_;
    delete folder_;
  }

  // Whatever a test did, the server goes on.
  void TearDown() override {
    ASSERT_TRUE(server_->process().running());
    EXPECT_EQ(
        Embed(Named({"A man is riding a bike."})).results(0).status().code(),
        0);
  }

  static v1::EmbedRequest Named(std::vector<std::string> texts) {
    v1::EmbedRequest request = Request(std::move(texts));
    request.set_model("minilm");
    return request;
  }
  static v1::EmbedResponse Embed(const v1::EmbedRequest& request) {
    return server_->client().Good(&Stub::Embed, request);
  }

  template <typename Wire, typename Answer>
  static void ExpectRefused(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                         const Wire&, Answer*),
                            const Wire& request, grpc::StatusCode code,
                            const std::string& part) {
    grpc::Status status;
    server_->client().Call(method, request, &status);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(part));
  }
  static void ExpectRefused(const v1::EmbedRequest& request,
                            const std::string& part) {
    ExpectRefused(&Stub::Embed, request, kInvalid, part);
  }

  static void ExpectItemRefused(const v1::EmbedResult& result,
                                const std::string& part) {
    EXPECT_EQ(result.status().code(), kInvalid);
    EXPECT_THAT(result.status().message(), HasSubstr(part));
    EXPECT_EQ(result.vector(), "");
  }

  static EmbeddingServer* server_;
  static TempFolder* folder_;
};

EmbeddingServer* BadInputTest::server_ = nullptr;
TempFolder* BadInputTest::folder_ = nullptr;

TEST_F(BadInputTest, EmptyAndBlankTextsAreTheirSpecialTokens) {
  const v1::EmbedResponse response = Embed(Named({"", "   ", "\n\t"}));
  for (const v1::EmbedResult& result : response.results()) {
    EXPECT_EQ(result.status().code(), 0);
    EXPECT_EQ(result.tokens(), 2);
    EXPECT_EQ(result.vector(), response.results(0).vector());
  }
  EXPECT_EQ(Embed(Named({})).results_size(), 0);
}

TEST_F(BadInputTest, ATextOverTheLimitIsRefusedWhereAsked) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "word ";
  v1::EmbedRequest request = Named({"short", text});
  v1::TokenLimits& limits = *request.mutable_options()->mutable_limits();
  limits.set_truncation(v1::TRUNCATION_REFUSE);
  const v1::EmbedResponse response = Embed(request);
  EXPECT_EQ(response.results(0).status().code(), 0);
  ExpectItemRefused(response.results(1), "302 tokens");
  ExpectItemRefused(response.results(1), "at most 256");
  limits.set_max_tokens(302);
  EXPECT_EQ(Embed(request).results(1).tokens(), 302);
  for (const int max_tokens : {-1, 0, 2, 513}) {
    limits.set_max_tokens(max_tokens);
    ExpectRefused(request, "from 3 to 512");
  }
}

TEST_F(BadInputTest, DimensionsOutOfRange) {
  for (const int dimensions : {-1, 0, 385}) {
    v1::EmbedRequest request = Named({"a"});
    request.mutable_options()->set_dimensions(dimensions);
    ExpectRefused(request, "from 1 to 384");
  }
}

TEST_F(BadInputTest, ValuesThatAreNone) {
  v1::EmbedRequest request = Named({"a"});
  request.mutable_options()->set_pooling(static_cast<v1::Pooling>(99));
  ExpectRefused(request, "options.pooling: 99");
  request = Named({"a"});
  request.mutable_options()->set_format(static_cast<v1::VectorFormat>(99));
  ExpectRefused(request, "options.format: 99");
  request = Named({"a"});
  request.mutable_options()->set_prompt_name("query");
  ExpectRefused(request, "prompt_name \"query\"");
}

TEST_F(BadInputTest, APairWithASideMissing) {
  v1::EmbedRequest request = Named({});
  request.add_pairs()->set_first("a");
  request.add_pairs()->set_second("b");
  v1::TextPair& both = *request.add_pairs();
  both.set_first("");
  both.set_second("b");
  const v1::EmbedResponse response = Embed(request);
  ExpectItemRefused(response.results(0), "`second` is missing");
  ExpectItemRefused(response.results(1), "`first` is missing");
  EXPECT_EQ(response.results(2).status().code(), 0);
}

TEST_F(BadInputTest, IdsThatAreNoInput) {
  v1::EmbedRequest request = Named({});
  const auto add = [&request](std::vector<int> ids, std::vector<int> segments) {
    v1::TokenInput& input = *request.add_inputs();
    input.mutable_token_ids()->Add(ids.begin(), ids.end());
    input.mutable_segment_ids()->Add(segments.begin(), segments.end());
  };
  add({101, 30522, 102}, {});
  add({101, -1, 102}, {});
  add({}, {});
  add(std::vector<int>(513, 101), {});
  add({101, 102}, {0});
  add({101, 102}, {0, 2});
  add({101, 2158, 102}, {});
  const v1::EmbedResponse response = Embed(request);
  ExpectItemRefused(response.results(0), "30522");
  ExpectItemRefused(response.results(1), "-1");
  ExpectItemRefused(response.results(2), "empty");
  ExpectItemRefused(response.results(3), "513 tokens");
  ExpectItemRefused(response.results(4), "segment_ids");
  ExpectItemRefused(response.results(5), "segment 2");
  EXPECT_EQ(response.results(6).vector(),
            Embed(Named({"man"})).results(0).vector());
}

TEST_F(BadInputTest, ItemsOfSeveralKinds) {
  v1::EmbedRequest request = Named({"a"});
  request.add_inputs()->add_token_ids(101);
  ExpectRefused(request, "texts and inputs");
  request = Named({"a"});
  request.add_pairs();
  ExpectRefused(request, "texts and pairs");
  v1::TokenizeRequest tokenize;
  tokenize.set_model("minilm");
  tokenize.add_texts("a");
  tokenize.add_pairs();
  ExpectRefused(&Stub::Tokenize, tokenize, kInvalid, "texts and pairs");
}

TEST_F(BadInputTest, ChunkingThatCannotBe) {
  v1::EmbedRequest request = Named({"a"});
  request.mutable_options()->mutable_chunking()->set_overlap_tokens(129);
  ExpectRefused(request, "from 0 to 128");
  request.mutable_options()->mutable_chunking()->set_overlap_tokens(-1);
  ExpectRefused(request, "from 0 to 128");
  request = Named({});
  request.add_inputs()->add_token_ids(101);
  request.mutable_options()->mutable_chunking();
  ExpectRefused(request, "inputs");
}

TEST_F(BadInputTest, TextThatIsNotUtf8) {
  // Field 2 (texts): two bytes that are no character.
  const grpc::Status status = CallWithBytes(server_->client().channel(),
                                            "/parley.v1.EmbeddingService/Embed",
                                            std::string("\x12\x02\xc3\x28"));
  EXPECT_EQ(status.error_code(), kInvalid);
  EXPECT_EQ(status.error_message(),
            "parley.v1.EmbedRequest.texts is not valid UTF-8");
}

TEST_F(BadInputTest, ModelsThatCannot) {
  v1::EmbedRequest embed = Named({"a"});
  embed.set_model("other");
  ExpectRefused(&Stub::Embed, embed, grpc::StatusCode::NOT_FOUND, "minilm");
  embed.set_model("demo");
  ExpectRefused(&Stub::Embed, embed, grpc::StatusCode::FAILED_PRECONDITION,
                "what it can do: Translate");
  v1::RerankRequest rerank;
  rerank.set_model("minilm");
  ExpectRefused(&Stub::Rerank, rerank, grpc::StatusCode::FAILED_PRECONDITION,
                "cannot Rerank");
  v1::ClassifyRequest classify;
  classify.set_model("minilm");
  ExpectRefused(&Stub::Classify, classify,
                grpc::StatusCode::FAILED_PRECONDITION, "cannot Classify");
  v1::FillMaskRequest fill;
  fill.set_model("minilm");
  ExpectRefused(&Stub::FillMask, fill, grpc::StatusCode::FAILED_PRECONDITION,
                "Embed, EmbedTokens");
  v1::NextSentenceRequest next;
  next.set_model("minilm");
  ExpectRefused(&Stub::NextSentence, next,
                grpc::StatusCode::FAILED_PRECONDITION, "cannot NextSentence");

  v1::TranslateRequest translate;
  translate.set_model("minilm");
  translate.set_target_language("de");
  grpc::ClientContext context;
  SetLongDeadline(&context);
  v1::TranslateResponse translated;
  const grpc::Status status =
      v1::TranslationService::NewStub(server_->client().channel())
          ->Translate(&context, translate, &translated);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("cannot Translate"));
}

TEST_F(BadInputTest, TokenizersThatCannotBeReadAreNamed) {
  for (const char* part : {"bert-classifier/tokenizer.json",
                           "bert-pretraining/tokenizer.json", "Imagined"}) {
    EXPECT_TRUE(server_->process().WaitForErr(part)) << part;
  }
  v1::ClassifyRequest request;
  request.set_model("bert-classifier");
  request.add_texts("a");
  ExpectRefused(&Stub::Classify, request, grpc::StatusCode::FAILED_PRECONDITION,
                "has failed");
}

TEST_F(BadInputTest, LayersThatAreNone) {
  v1::EmbedTokensRequest request;
  request.set_model("minilm");
  request.add_texts("a");
  request.mutable_options()->add_layers(7);
  ExpectRefused(&Stub::EmbedTokens, request, kInvalid, "from -7 to 6");
}

TEST_F(BadInputTest, AnAnswerThatWouldBeTooLarge) {
  v1::EmbedTokensRequest request;
  request.set_model("minilm");
  for (int layer = 0; layer < 7; ++layer) {
    request.mutable_options()->add_layers(layer);
  }
  std::string text;
  for (int i = 0; i < 254; ++i) text += "word ";
  for (int i = 0; i < 100; ++i) request.add_texts(text);
  ExpectRefused(&Stub::EmbedTokens, request, kInvalid, "ask for less");
}

TEST_F(BadInputTest, IdsToDetokenizeThatAreNone) {
  v1::DetokenizeRequest request;
  request.set_model("minilm");
  request.add_inputs()->add_token_ids(30522);
  request.add_inputs()->add_token_ids(2158);
  const v1::DetokenizeResponse response =
      server_->client().Good(&Stub::Detokenize, request);
  EXPECT_EQ(response.results(0).status().code(), kInvalid);
  EXPECT_EQ(response.results(1).text(), "man");
}

TEST_F(BadInputTest, TenThousandTextsAndATooLargeMessage) {
  ExpectRefused(Named(std::vector<std::string>(10'000, "a")), "1024");
  ExpectRefused(&Stub::Embed, Named({std::string(17 << 20, ' ')}),
                grpc::StatusCode::RESOURCE_EXHAUSTED, "larger than max");
}

TEST_F(BadInputTest, AMegabyteWithoutASpace) {
  const v1::EmbedResponse response =
      Embed(Named({std::string(1 << 20, 'a'), "a"}));
  EXPECT_EQ(response.results(0).status().code(), 0);
  EXPECT_EQ(response.results(1).status().code(), 0);
}

TEST_F(BadInputTest, ACancelledCallCostsNobodyAnything) {
  for (int i = 0; i < 10; ++i) {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    grpc::CompletionQueue queue;
    auto call = server_->client().stub()->AsyncEmbed(
        &context, Named(std::vector<std::string>(1024, "A man.")), &queue);
    v1::EmbedResponse response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    context.TryCancel();
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    queue.Shutdown();
  }
}

TEST(EmbeddingLimitsTest, AFullQueueRefusesTheWholeCall) {
  EmbeddingServer server(MiniLmArgument(), {"--max_queued_tasks=8"});
  grpc::Status status;
  server.client().Call(&Stub::Embed,
                       Request(std::vector<std::string>(9, "A man.")), &status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("8"));
  EXPECT_EQ(
      server.client()
          .Good(&Stub::Embed, Request(std::vector<std::string>(8, "A man.")))
          .results_size(),
      8);
  server.End();
}

TEST(EmbeddingDrainTest, AStreamIsAnsweredBeforeTheServerEnds) {
  EmbeddingServer server(MiniLmArgument());
  grpc::ClientContext context;
  SetLongDeadline(&context);
  const auto stream = server.client().stub()->EmbedStream(&context);
  int num_written = 0;
  std::thread writer([&] {
    while (num_written < 2000 &&
           stream->Write(Request({absl::StrCat("text ", num_written)}))) {
      ++num_written;
    }
  });
  v1::EmbedStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  server.process().Signal(SIGTERM);
  int num_read = 1;
  while (stream->Read(&response)) {
    EXPECT_EQ(response.status().code(), 0) << response.status().message();
    ++num_read;
  }
  writer.join();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_LE(num_read, num_written);
  EXPECT_EQ(server.process().WaitForExit(), 0) << server.process().err();
}

}  // namespace
}  // namespace parley
