// EmbedTokens, Tokenize and Detokenize over the wire to the real server.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/integration/embedding_server.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using Stub = v1::EmbeddingService::Stub;

constexpr int kWidth = 384;
constexpr int kNumLayers = 6;

class TokensTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new EmbeddingServer(MiniLmArgument());
  }
  static void TearDownTestSuite() {
    server_->End();
    delete server_;
  }

  static EmbeddingClient& client() { return server_->client(); }

  static v1::EmbedTokensRequest Request(const std::vector<int>& layers) {
    v1::EmbedTokensRequest request;
    request.add_texts("Unaffable dogs ran.");
    for (const int layer : layers) request.mutable_options()->add_layers(layer);
    return request;
  }
  static v1::EmbedTokensResult Result(const v1::EmbedTokensRequest& request) {
    return client().Good(&Stub::EmbedTokens, request).results(0);
  }
  static std::vector<float> Rows(const std::vector<int>& layers) {
    return Floats(Result(Request(layers)).vectors());
  }

  static EmbeddingServer* server_;
};

EmbeddingServer* TokensTest::server_ = nullptr;

TEST_F(TokensTest, EachTokenHasItsPieceAndBytes) {
  v1::EmbedTokensRequest request = Request({});
  request.set_texts(0, "Ünaffable dógs 狗!");
  const v1::EmbedTokensResult result = Result(request);
  EXPECT_EQ(result.dimensions(), kWidth);
  EXPECT_EQ(result.vectors().size(), result.tokens_size() * kWidth * 4u);
  std::vector<std::string> seen;
  for (const v1::Token& token : result.tokens()) {
    const std::string from =
        request.texts(0).substr(token.begin(), token.end() - token.begin());
    seen.push_back(absl::StrCat(token.text(), "=", from));
    EXPECT_EQ(token.special(), from.empty());
  }
  EXPECT_THAT(seen, ::testing::ElementsAre("[CLS]=", "una=Üna", "##ffa=ffa",
                                           "##ble=ble", "dogs=dógs", "[UNK]=狗",
                                           "!=!", "[SEP]="));
}

TEST_F(TokensTest, AnyLayersByEitherCount) {
  const std::vector<float> last = Rows({});
  EXPECT_EQ(Rows({kNumLayers}), last);
  EXPECT_EQ(Rows({-1}), last);
  EXPECT_EQ(Rows({0}), Rows({-(kNumLayers + 1)}));
  EXPECT_NE(Rows({kNumLayers - 1}), last);
}

// BERT's paper: the last four, beside each other.
TEST_F(TokensTest, LayersStandBesideEachOtherInTheirOrder) {
  const std::vector<int> layers = {6, 4, 5, 3};
  const std::vector<float> joined = Rows(layers);
  const size_t num_tokens = joined.size() / (layers.size() * kWidth);
  for (size_t k = 0; k < layers.size(); ++k) {
    const std::vector<float> one = Rows({layers[k]});
    ASSERT_EQ(one.size(), num_tokens * kWidth);
    for (size_t i = 0; i < one.size(); ++i) {
      const size_t token = i / kWidth;
      ASSERT_EQ(joined[(token * layers.size() + k) * kWidth + i % kWidth],
                one[i]);
    }
  }
}

TEST_F(TokensTest, LayersAreSummed) {
  v1::EmbedTokensRequest request = Request({-1, -2, -3, -4});
  request.mutable_options()->set_join(v1::EmbedTokensOptions::JOIN_SUM);
  const v1::EmbedTokensResult result = Result(request);
  EXPECT_EQ(result.dimensions(), kWidth);
  const std::vector<float> sum = Floats(result.vectors());
  std::vector<double> expected(sum.size());
  for (const int layer : {-1, -2, -3, -4}) {
    const std::vector<float> one = Rows({layer});
    for (size_t i = 0; i < sum.size(); ++i) expected[i] += one[i];
  }
  for (size_t i = 0; i < sum.size(); ++i) {
    ASSERT_NEAR(sum[i], expected[i], 1e-5);
  }
}

TEST_F(TokensTest, HalvesAreTheNearest) {
  const std::vector<float> exact = Rows({});
  v1::EmbedTokensRequest request = Request({});
  request.mutable_options()->set_format(v1::VECTOR_FORMAT_F16);
  const std::string bytes = Result(request).vectors();
  ASSERT_EQ(bytes.size(), exact.size() * 2);
  for (size_t i = 0; i < exact.size(); ++i) {
    _Float16 half = 0;
    std::memcpy(&half, bytes.data() + 2 * i, sizeof(half));
    EXPECT_EQ(half, static_cast<_Float16>(exact[i]));
  }
  for (const v1::VectorFormat format :
       {v1::VECTOR_FORMAT_INT8, v1::VECTOR_FORMAT_BINARY}) {
    request.mutable_options()->set_format(format);
    grpc::Status status;
    client().Call(&Stub::EmbedTokens, request, &status);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("options.format"));
  }
}

TEST_F(TokensTest, LongTextsAreCutOrRefused) {
  v1::EmbedTokensRequest request = Request({});
  v1::TokenLimits& limits = *request.mutable_options()->mutable_limits();
  limits.set_max_tokens(4);
  const v1::EmbedTokensResult cut = Result(request);
  EXPECT_TRUE(cut.truncated());
  EXPECT_EQ(cut.tokens_size(), 4);
  limits.set_truncation(v1::TRUNCATION_REFUSE);
  const v1::EmbedTokensResult refused = Result(request);
  EXPECT_EQ(refused.status().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(refused.vectors(), "");
  EXPECT_EQ(refused.tokens_size(), 0);
}

TEST_F(TokensTest, TokensBecomeTextAgain) {
  v1::TokenizeRequest tokenize;
  tokenize.add_texts("Unaffable dogs ran, didn't they?");
  tokenize.add_texts("");
  v1::DetokenizeRequest detokenize;
  const v1::TokenizeResponse tokens = client().Good(&Stub::Tokenize, tokenize);
  for (const v1::TokenizeResult& result : tokens.results()) {
    v1::TokenInput& input = *detokenize.add_inputs();
    for (const v1::Token& token : result.tokens()) {
      input.add_token_ids(token.id());
    }
  }
  const v1::DetokenizeResponse texts =
      client().Good(&Stub::Detokenize, detokenize);
  EXPECT_EQ(texts.results(0).text(), "unaffable dogs ran, didn ' t they?");
  EXPECT_EQ(texts.results(1).text(), "");
  detokenize.set_keep_special_tokens(true);
  const v1::DetokenizeResponse whole =
      client().Good(&Stub::Detokenize, detokenize);
  EXPECT_EQ(whole.results(0).text(),
            "[CLS] unaffable dogs ran, didn ' t they? [SEP]");
  EXPECT_EQ(whole.results(1).text(), "[CLS] [SEP]");
}

TEST_F(TokensTest, TokensWithoutSpecialOnesOrOfAnyLength) {
  v1::TokenizeRequest request;
  request.set_add_special_tokens(false);
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a ";
  request.add_texts(text);
  const v1::TokenizeResult result =
      client().Good(&Stub::Tokenize, request).results(0);
  EXPECT_EQ(result.tokens_size(), 1000);
  EXPECT_FALSE(result.truncated());
  EXPECT_EQ(result.tokens(999).begin(), 1998);
  request.mutable_limits();
  EXPECT_EQ(client().Good(&Stub::Tokenize, request).results(0).tokens_size(),
            256);
}

}  // namespace
}  // namespace parley
