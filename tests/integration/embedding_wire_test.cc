// The real server with the default embedding model, over the wire: vectors as
// the reference has them, whatever the company.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "parley/v1/model.grpc.pb.h"
#include "tests/integration/embedding_server.h"
#include "tests/server/rpc/health_of.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Stub = v1::EmbeddingService::Stub;

struct Golden {
  std::string text;
  std::vector<int> ids;
  std::vector<std::pair<int, int>> char_offsets;
  std::vector<float> mean;
  std::vector<float> cls;  // Its first numbers.
};

std::vector<Golden> ReadGoldens() {
  std::ifstream file("tests/goldens/encoder/all-MiniLM-L6-v2.jsonl");
  std::vector<Golden> goldens;
  for (std::string line; std::getline(file, line);) {
    const nlohmann::json json = nlohmann::json::parse(line);
    goldens.push_back({.text = json["text"],
                       .ids = json["token_ids"],
                       .char_offsets = json["char_offsets"],
                       .mean = json["mean_normalized"],
                       .cls = json["cls_normalized"]});
  }
  EXPECT_EQ(goldens.size(), 118);
  return goldens;
}

void ExpectSameVector(const std::string& bytes,
                      const std::vector<float>& expected) {
  const std::vector<float> vector = Floats(bytes);
  ASSERT_EQ(vector.size(), expected.size());
  double dot = 0;
  double squares = 0;
  double expected_squares = 0;
  for (size_t i = 0; i < vector.size(); ++i) {
    EXPECT_NEAR(vector[i], expected[i], 1e-5);
    dot += double{vector[i]} * expected[i];
    squares += double{vector[i]} * vector[i];
    expected_squares += double{expected[i]} * expected[i];
  }
  EXPECT_GE(dot / std::sqrt(squares * expected_squares), 0.999999);
}

// Where the character with each index begins, and the text's end.
std::vector<int64_t> CharacterBegins(const std::string& text) {
  std::vector<int64_t> begins;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & 0xC0) != 0x80) begins.push_back(static_cast<int64_t>(i));
  }
  begins.push_back(static_cast<int64_t>(text.size()));
  return begins;
}

class EmbeddingWireTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new EmbeddingServer(MiniLmArgument());
  }
  static void TearDownTestSuite() {
    server_->End();
    delete server_;
  }

  static v1::EmbedRequest Request(std::vector<std::string> texts) {
    v1::EmbedRequest request;
    for (std::string& text : texts) request.add_texts(std::move(text));
    return request;
  }
  static v1::EmbedResponse Embed(const v1::EmbedRequest& request) {
    return server_->client().Good(&Stub::Embed, request);
  }
  static std::string VectorOf(const std::string& text) {
    return Embed(Request({text})).results(0).vector();
  }

  static EmbeddingServer* server_;
};

EmbeddingServer* EmbeddingWireTest::server_ = nullptr;

TEST_F(EmbeddingWireTest, AnswersAsTheReference) {
  const std::vector<Golden> goldens = ReadGoldens();
  v1::EmbedRequest request;
  for (const Golden& golden : goldens) request.add_texts(golden.text);
  const v1::EmbedResponse mean = Embed(request);
  request.mutable_options()->set_pooling(v1::POOLING_CLS);
  const v1::EmbedResponse cls = Embed(request);
  EXPECT_EQ(mean.model(), "minilm");
  ASSERT_EQ(mean.results_size(), std::ssize(goldens));
  for (int i = 0; i < mean.results_size(); ++i) {
    SCOPED_TRACE(goldens[i].text);
    EXPECT_EQ(mean.results(i).status().code(), 0);
    EXPECT_EQ(mean.results(i).dimensions(), 384);
    EXPECT_EQ(mean.results(i).tokens(), std::ssize(goldens[i].ids));
    EXPECT_EQ(mean.results(i).truncated(), goldens[i].ids.size() == 256);
    ExpectSameVector(mean.results(i).vector(), goldens[i].mean);
    const std::vector<float> cls_vector = Floats(cls.results(i).vector());
    ASSERT_FALSE(goldens[i].cls.empty());
    for (size_t k = 0; k < goldens[i].cls.size(); ++k) {
      EXPECT_NEAR(cls_vector.at(k), goldens[i].cls[k], 1e-5);
    }
  }
}

TEST_F(EmbeddingWireTest, TokenizesAsTheReference) {
  const std::vector<Golden> goldens = ReadGoldens();
  v1::TokenizeRequest request;
  request.mutable_limits();
  for (const Golden& golden : goldens) request.add_texts(golden.text);
  const v1::TokenizeResponse response =
      server_->client().Good(&Stub::Tokenize, request);
  ASSERT_EQ(response.results_size(), std::ssize(goldens));
  for (int i = 0; i < response.results_size(); ++i) {
    const Golden& golden = goldens[i];
    SCOPED_TRACE(golden.text);
    const v1::TokenizeResult& result = response.results(i);
    ASSERT_EQ(result.tokens_size(), std::ssize(golden.ids));
    const std::vector<int64_t> begins = CharacterBegins(golden.text);
    for (int k = 0; k < result.tokens_size(); ++k) {
      const v1::Token& token = result.tokens(k);
      EXPECT_EQ(token.id(), golden.ids[k]);
      EXPECT_EQ(token.special(), k == 0 || k + 1 == result.tokens_size());
      if (token.special()) continue;
      EXPECT_EQ(token.begin(), begins.at(golden.char_offsets[k].first));
      EXPECT_EQ(token.end(), begins.at(golden.char_offsets[k].second));
    }
  }
}

TEST_F(EmbeddingWireTest, AVectorDoesNotDependOnItsCompany) {
  std::vector<std::string> texts;
  for (const Golden& golden : ReadGoldens()) texts.push_back(golden.text);
  texts.resize(64);
  const v1::EmbedResponse together = Embed(Request(texts));
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(VectorOf(texts[i]), together.results(i).vector()) << texts[i];
  }
  std::reverse(texts.begin(), texts.end());
  const v1::EmbedResponse reversed = Embed(Request(texts));
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(reversed.results(63 - i).vector(), together.results(i).vector());
  }
}

TEST_F(EmbeddingWireTest, SaysWhatItServes) {
  grpc::ClientContext context;
  SetLongDeadline(&context);
  v1::GetModelRequest request;
  request.set_model("minilm");
  v1::Model model;
  ASSERT_TRUE(v1::ModelService::NewStub(server_->client().channel())
                  ->GetModel(&context, request, &model)
                  .ok());
  EXPECT_EQ(model.kind(), v1::MODEL_KIND_ENCODER);
  EXPECT_EQ(model.architecture(), "BertModel");
  EXPECT_EQ(model.encoder().dimensions(), 384);
  EXPECT_EQ(model.encoder().num_layers(), 6);
  EXPECT_THAT(model.encoder().pooling(), ElementsAre("mean"));
  EXPECT_TRUE(model.encoder().normalizes());
  EXPECT_EQ(model.encoder().max_tokens(), 256);
  EXPECT_EQ(model.limits().max_source_tokens(), 512);
  EXPECT_EQ(model.encoder().similarity(), "cosine");
  EXPECT_THAT(model.encoder().methods(),
              ElementsAre("Embed", "EmbedTokens", "EmbedStream", "Similarity",
                          "Tokenize", "Detokenize"));
  EXPECT_THAT(server_->process().out(),
              HasSubstr("minilm (encoder, BertModel, 384 dimensions, 256 "
                        "tokens, f32)"));
  EXPECT_EQ(HealthOf(server_->client().channel(), "parley.v1.EmbeddingService"),
            grpc::health::v1::HealthCheckResponse::SERVING);
}

TEST_F(EmbeddingWireTest, DimensionsAreCutThenNormalized) {
  const std::string text = "A man is riding a bike.";
  v1::EmbedRequest request = Request({text});
  request.mutable_options()->set_normalize(false);
  const std::vector<float> whole = Floats(Embed(request).results(0).vector());
  request.mutable_options()->set_normalize(true);
  request.mutable_options()->set_dimensions(100);
  const std::vector<float> cut = Floats(Embed(request).results(0).vector());
  ASSERT_EQ(cut.size(), 100);
  double squares = 0;
  for (size_t i = 0; i < 100; ++i) squares += double{whole[i]} * whole[i];
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_NEAR(cut[i], whole[i] / std::sqrt(squares), 1e-6);
  }
}

TEST_F(EmbeddingWireTest, FormatsAreTheSameVector) {
  v1::EmbedRequest request = Request({"A man is riding a bike."});
  const std::vector<float> exact = Floats(Embed(request).results(0).vector());
  request.mutable_options()->set_format(v1::VECTOR_FORMAT_INT8);
  const v1::EmbedResult int8 = Embed(request).results(0);
  ASSERT_EQ(int8.vector().size(), exact.size());
  for (size_t i = 0; i < exact.size(); ++i) {
    EXPECT_NEAR(static_cast<int8_t>(int8.vector()[i]) * int8.scale(), exact[i],
                0.5001f * int8.scale());
  }
  request.mutable_options()->set_format(v1::VECTOR_FORMAT_BINARY);
  const std::string bits = Embed(request).results(0).vector();
  ASSERT_EQ(bits.size(), 48);
  for (size_t i = 0; i < exact.size(); ++i) {
    EXPECT_EQ((bits[i / 8] >> (7 - i % 8)) & 1, exact[i] > 0);
  }
  request.mutable_options()->set_format(v1::VECTOR_FORMAT_F16);
  EXPECT_EQ(Embed(request).results(0).vector().size(), 768);
}

TEST_F(EmbeddingWireTest, TheMeanOfItsTokensIsATextsVector) {
  v1::EmbedTokensRequest request;
  request.add_texts("A man is riding a bike.");
  const v1::EmbedTokensResult tokens =
      server_->client().Good(&Stub::EmbedTokens, request).results(0);
  const std::vector<float> rows = Floats(tokens.vectors());
  ASSERT_EQ(rows.size(), tokens.tokens_size() * 384);
  std::vector<double> mean(384);
  for (size_t i = 0; i < rows.size(); ++i) mean[i % 384] += rows[i];
  double squares = 0;
  for (const double value : mean) squares += value * value;
  std::vector<float> expected;
  for (const double value : mean) {
    expected.push_back(static_cast<float>(value / std::sqrt(squares)));
  }
  ExpectSameVector(VectorOf(request.texts(0)), expected);
  request.mutable_options()->add_layers(0);
  request.mutable_options()->add_layers(-1);
  EXPECT_EQ(server_->client()
                .Good(&Stub::EmbedTokens, request)
                .results(0)
                .dimensions(),
            768);
}

TEST_F(EmbeddingWireTest, SimilarityIsTheCosine) {
  v1::SimilarityRequest request;
  request.set_text("A man is riding a bike.");
  request.add_others("Somebody cycles.");
  request.add_others("The stock market fell.");
  request.add_others(request.text());
  const v1::SimilarityResponse response =
      server_->client().Good(&Stub::Similarity, request);
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_GT(response.results(0).score(), response.results(1).score());
  EXPECT_NEAR(response.results(2).score(), 1, 1e-6);
  const std::vector<float> a = Floats(VectorOf(request.text()));
  const std::vector<float> b = Floats(VectorOf(request.others(0)));
  double dot = 0;
  for (size_t i = 0; i < a.size(); ++i) dot += double{a[i]} * b[i];
  EXPECT_NEAR(response.results(0).score(), dot, 1e-6);
}

TEST_F(EmbeddingWireTest, LongTextsAreChunked) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "word ";
  v1::EmbedRequest request = Request({text, "short"});
  v1::Chunking& chunking = *request.mutable_options()->mutable_chunking();
  chunking.set_overlap_tokens(54);
  const v1::EmbedResponse chunks = Embed(request);
  const v1::EmbedResult& result = chunks.results(0);
  ASSERT_EQ(result.chunks_size(), 2);  // 254 tokens each, 200 of them new.
  EXPECT_FALSE(result.truncated());
  EXPECT_EQ(result.chunks(0).begin(), 0);
  EXPECT_EQ(result.chunks(0).end(), 254 * 5 - 1);
  EXPECT_EQ(result.chunks(1).begin(), 200 * 5);
  EXPECT_EQ(result.chunks(1).end(), 400 * 5 - 1);
  EXPECT_EQ(result.tokens(), 256 + 202);
  for (const v1::EmbedChunk& chunk : result.chunks()) {
    EXPECT_EQ(chunk.vector(), VectorOf(text.substr(
                                  chunk.begin(), chunk.end() - chunk.begin())));
  }
  ASSERT_EQ(chunks.results(1).chunks_size(), 1);
  EXPECT_EQ(chunks.results(1).chunks(0).vector(), VectorOf("short"));
  chunking.set_output(v1::Chunking::OUTPUT_MEAN);
  EXPECT_EQ(Embed(request).results(0).vector().size(), 1536);
}

TEST_F(EmbeddingWireTest, StreamsInOrder) {
  constexpr int kNumRequests = 200;
  grpc::ClientContext context;
  SetLongDeadline(&context);
  const auto stream = server_->client().stub()->EmbedStream(&context);
  std::thread writer([&stream] {
    for (int i = 0; i < kNumRequests; ++i) {
      stream->Write(Request({absl::StrCat("text ", i), "the same"}));
    }
    stream->WritesDone();
  });
  v1::EmbedStreamResponse response;
  std::vector<std::string> vectors;
  while (stream->Read(&response)) {
    EXPECT_EQ(response.status().code(), 0);
    vectors.push_back(response.response().results(0).vector());
  }
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_EQ(vectors.size(), kNumRequests);
  for (const int i : {0, 1, 100, 199}) {
    EXPECT_EQ(vectors[i], VectorOf(absl::StrCat("text ", i)));
  }
}

}  // namespace
}  // namespace parley
