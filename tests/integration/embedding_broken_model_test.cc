// Models whose weights give zeros or NaN: no method of the real server lets
// them out as an answer.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "tests/integration/embedding_server.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using Stub = v1::EmbeddingService::Stub;

constexpr uint16_t kZero = 0;
constexpr uint16_t kNan = 0x7e00;
constexpr auto kInternal = grpc::StatusCode::INTERNAL;

class BrokenModelTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder();
    const std::string norm = "encoder.layer.1.output.LayerNorm.";
    const std::vector<std::string> models = {
        Broken("bert-long", kZero, {norm + "weight", norm + "bias"}),
        Broken("bert-pretraining", kNan, {"bert." + norm + "bias"}),
        Broken("bert-classifier", kNan, {"bert.pooler.dense.bias"}),
        Broken("roberta-classifier", kNan, {"classifier.dense.bias"}),
        MiniLmArgument()};
    server_ = new EmbeddingServer(absl::StrJoin(models, ","));
  }
  static void TearDownTestSuite() {
    server_->End();
    delete server_;
    delete folder_;
  }

  // The model with these tensors filled with halves of those bits.
  static std::string Broken(const std::string& name, uint16_t bits,
                            const std::vector<std::string>& tensors) {
    const std::string argument = TinyModelArgument(name, *folder_);
    TensorFile weights(TinyModelPath(name) / "model.safetensors");
    for (const std::string& tensor : tensors) weights.Fill(tensor, bits);
    folder_->Write(name + "/model.safetensors", weights.Bytes());
    return argument;
  }

  static EmbeddingClient& client() { return server_->client(); }

  template <typename Result>
  static void ExpectInternal(const Result& result, const std::string& part) {
    EXPECT_EQ(result.status().code(), kInternal);
    EXPECT_THAT(result.status().message(), HasSubstr(part));
  }

  static v1::EmbedRequest EmbedOf(const std::string& model) {
    v1::EmbedRequest request;
    request.set_model(model);
    request.add_texts("a dog");
    return request;
  }

  static EmbeddingServer* server_;
  static TempFolder* folder_;
};

EmbeddingServer* BrokenModelTest::server_ = nullptr;
TempFolder* BrokenModelTest::folder_ = nullptr;

TEST_F(BrokenModelTest, AVectorOfZerosIsNoAnswer) {
  for (const v1::VectorFormat format :
       {v1::VECTOR_FORMAT_F32, v1::VECTOR_FORMAT_F16, v1::VECTOR_FORMAT_INT8,
        v1::VECTOR_FORMAT_BINARY}) {
    v1::EmbedRequest request = EmbedOf("bert-long");
    request.mutable_options()->set_format(format);
    const v1::EmbedResult result =
        client().Good(&Stub::Embed, request).results(0);
    ExpectInternal(result, "zeros");
    EXPECT_EQ(result.vector(), "");
    request.mutable_options()->mutable_chunking();
    ExpectInternal(client().Good(&Stub::Embed, request).results(0), "zeros");
  }
  v1::EmbedTokensRequest tokens;
  tokens.set_model("bert-long");
  tokens.add_texts("a dog");
  ExpectInternal(client().Good(&Stub::EmbedTokens, tokens).results(0), "zeros");
  v1::SimilarityRequest similarity;
  similarity.set_model("bert-long");
  similarity.set_text("a");
  similarity.add_others("b");
  grpc::Status status;
  client().Call(&Stub::Similarity, similarity, &status);
  EXPECT_EQ(status.error_code(), kInternal);
}

TEST_F(BrokenModelTest, NanIsNoAnswerOfAVectorOrAScore) {
  const std::string not_finite = "not finite";
  ExpectInternal(
      client().Good(&Stub::Embed, EmbedOf("bert-pretraining")).results(0),
      not_finite);
  v1::FillMaskRequest fill;
  fill.set_model("bert-pretraining");
  fill.add_texts("a [MASK]");
  const v1::FillMaskResult filled =
      client().Good(&Stub::FillMask, fill).results(0);
  ExpectInternal(filled, not_finite);
  EXPECT_EQ(filled.masks_size(), 0);
  v1::NextSentenceRequest next;
  next.set_model("bert-pretraining");
  next.add_pairs()->set_first("a");
  next.mutable_pairs(0)->set_second("b");
  const v1::NextSentenceResult follows =
      client().Good(&Stub::NextSentence, next).results(0);
  ExpectInternal(follows, not_finite);
  EXPECT_EQ(follows.logits_size(), 0);
}

TEST_F(BrokenModelTest, NanIsNoAnswerOfALabel) {
  v1::ClassifyRequest classify;
  classify.set_model("bert-classifier");
  classify.add_texts("a");
  const v1::ClassifyResult labels =
      client().Good(&Stub::Classify, classify).results(0);
  ExpectInternal(labels, "not finite");
  EXPECT_EQ(labels.labels_size(), 0);
  // The fault is in the head: vectors are as good as ever.
  EXPECT_EQ(client()
                .Good(&Stub::Embed, EmbedOf("bert-classifier"))
                .results(0)
                .status()
                .code(),
            0);
  v1::RerankRequest rerank;
  rerank.set_model("roberta-classifier");
  rerank.set_query("a");
  rerank.add_documents("b");
  rerank.add_documents("c");
  rerank.set_top_n(1);
  const v1::RerankResponse ranked = client().Good(&Stub::Rerank, rerank);
  ASSERT_EQ(ranked.results_size(), 2);
  for (const v1::RerankResult& result : ranked.results()) {
    ExpectInternal(result, "not finite");
  }
}

// The models beside it, and the next request, are answered.
TEST_F(BrokenModelTest, CostsNobodyElseAnything) {
  EXPECT_EQ(
      client().Good(&Stub::Embed, EmbedOf("minilm")).results(0).status().code(),
      0);
}

}  // namespace
}  // namespace parley
