// The real server with random models that have heads, over the wire.
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/integration/embedding_server.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using Stub = v1::EmbeddingService::Stub;

class HeadsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder();
    server_ = new EmbeddingServer(
        absl::StrCat(TinyModelArgument("bert-classifier", *folder_), ",",
                     TinyModelArgument("bert-pretraining", *folder_), ",",
                     TinyModelArgument("distilbert-classifier", *folder_), ",",
                     // One label.
                     TinyModelArgument("roberta-classifier", *folder_)));
  }
  static void TearDownTestSuite() {
    server_->End();
    delete server_;
    delete folder_;
  }

  static EmbeddingClient& client() { return server_->client(); }

  // Raw scores of the reference inputs equal the reference's logits.
  static void ExpectLogitsAsTheReference(const std::string& model);

  static EmbeddingServer* server_;
  static TempFolder* folder_;
};

EmbeddingServer* HeadsTest::server_ = nullptr;
TempFolder* HeadsTest::folder_ = nullptr;

void HeadsTest::ExpectLogitsAsTheReference(const std::string& model) {
  v1::ClassifyRequest request;
  request.set_model(model);
  request.set_score_function(v1::SCORE_FUNCTION_NONE);
  std::vector<std::vector<float>> expected;
  std::ifstream file("tests/goldens/encoder/" + model + "/references.jsonl");
  for (std::string line; std::getline(file, line);) {
    const nlohmann::json json = nlohmann::json::parse(line);
    v1::TokenInput& input = *request.add_inputs();
    for (const int id : json["ids"]) input.add_token_ids(id);
    for (const int segment : json["segments"]) input.add_segment_ids(segment);
    expected.push_back(json["labels"]);
  }
  ASSERT_FALSE(expected.empty());
  const v1::ClassifyResponse response = client().Good(&Stub::Classify, request);
  ASSERT_EQ(response.results_size(), std::ssize(expected));
  for (int i = 0; i < response.results_size(); ++i) {
    const v1::ClassifyResult& result = response.results(i);
    ASSERT_EQ(result.status().code(), 0) << result.status().message();
    ASSERT_EQ(result.labels_size(), std::ssize(expected[i]));
    for (int k = 0; k < result.labels_size(); ++k) {
      EXPECT_NEAR(result.labels(k).score(),
                  expected[i].at(result.labels(k).index()), 2e-5);
      if (k > 0) {
        EXPECT_GE(result.labels(k - 1).score(), result.labels(k).score());
      }
    }
  }
}

TEST_F(HeadsTest, ClassifiesAsTheReference) {
  ExpectLogitsAsTheReference("bert-classifier");
  ExpectLogitsAsTheReference("distilbert-classifier");
  ExpectLogitsAsTheReference("roberta-classifier");
}

TEST_F(HeadsTest, ScoresFollowTheModelsProblem) {
  v1::ClassifyRequest request;
  request.add_pairs()->set_first("a dog runs.");
  request.mutable_pairs(0)->set_second("a cat?");
  const auto classify = [&](const std::string& model, v1::ScoreFunction f) {
    request.set_model(model);
    request.set_score_function(f);
    return client().Good(&Stub::Classify, request).results(0);
  };
  // Independent labels.
  const auto sigmoid =
      classify("bert-classifier", v1::SCORE_FUNCTION_UNSPECIFIED);
  const auto raw = classify("bert-classifier", v1::SCORE_FUNCTION_NONE);
  ASSERT_EQ(sigmoid.labels_size(), 3);
  for (int k = 0; k < 3; ++k) {
    EXPECT_EQ(sigmoid.labels(k).label(), raw.labels(k).label());
    EXPECT_NEAR(sigmoid.labels(k).score(),
                1 / (1 + std::exp(-raw.labels(k).score())), 1e-6);
  }
  // Labels that exclude each other; its tokenizer knows segments, it does not.
  const auto softmax =
      classify("distilbert-classifier", v1::SCORE_FUNCTION_UNSPECIFIED);
  EXPECT_EQ(softmax.status().code(), 0) << softmax.status().message();
  double sum = 0;
  for (const v1::LabelScore& label : softmax.labels()) sum += label.score();
  EXPECT_NEAR(sum, 1, 1e-6);
  // A regression.
  EXPECT_EQ(classify("roberta-classifier", v1::SCORE_FUNCTION_UNSPECIFIED)
                .labels(0)
                .score(),
            classify("roberta-classifier", v1::SCORE_FUNCTION_NONE)
                .labels(0)
                .score());
}

TEST_F(HeadsTest, Reranks) {
  v1::RerankRequest request;
  request.set_model("roberta-classifier");
  request.set_query("which dog runs?");
  for (const char* document :
       {"a dog runs.", "a cat sleeps.", "no!", "a dog runs.", ""}) {
    request.add_documents(document);
  }
  request.set_return_documents(true);
  request.set_score_function(v1::SCORE_FUNCTION_NONE);
  const v1::RerankResponse raw = client().Good(&Stub::Rerank, request);
  ASSERT_EQ(raw.results_size(), 5);
  int first_equal = -1;
  for (int i = 0; i < 5; ++i) {
    const v1::RerankResult& result = raw.results(i);
    EXPECT_EQ(result.status().code(), 0) << result.status().message();
    EXPECT_EQ(result.document(), request.documents(result.index()));
    if (i > 0) {
      EXPECT_GE(raw.results(i - 1).score(), result.score());
    }
    if (result.index() == 0) first_equal = i;
  }
  // A document's score is that of the pair.
  v1::ClassifyRequest pairs;
  pairs.set_model(request.model());
  pairs.set_score_function(v1::SCORE_FUNCTION_NONE);
  for (const std::string& document : request.documents()) {
    v1::TextPair& pair = *pairs.add_pairs();
    pair.set_first(request.query());
    pair.set_second(document);
  }
  const v1::ClassifyResponse scores = client().Good(&Stub::Classify, pairs);
  for (const v1::RerankResult& result : raw.results()) {
    EXPECT_EQ(result.score(), scores.results(result.index()).labels(0).score());
  }
  // Of equal documents the first comes first.
  EXPECT_EQ(raw.results(first_equal + 1).index(), 3);

  request.clear_score_function();
  request.set_top_n(2);
  const v1::RerankResponse best = client().Good(&Stub::Rerank, request);
  ASSERT_EQ(best.results_size(), 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(best.results(i).index(), raw.results(i).index());
    EXPECT_NEAR(best.results(i).score(),
                1 / (1 + std::exp(-raw.results(i).score())), 1e-6);
  }
}

TEST_F(HeadsTest, RerankRefusesWhatItCannot) {
  v1::RerankRequest request;
  request.set_model("bert-classifier");
  grpc::Status status;
  client().Call(&Stub::Rerank, request, &status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("Classify"));
  request.set_model("roberta-classifier");
  request.set_top_n(0);
  client().Call(&Stub::Rerank, request, &status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.clear_top_n();
  request.set_score_function(v1::SCORE_FUNCTION_SOFTMAX);
  client().Call(&Stub::Rerank, request, &status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(HeadsTest, FillsMasks) {
  v1::FillMaskRequest request;
  request.set_model("bert-pretraining");
  request.add_texts("a [MASK] r[MASK]n.");
  request.add_texts("no mask here");
  request.set_top_k(100);
  const v1::FillMaskResponse response = client().Good(&Stub::FillMask, request);
  const v1::FillMaskResult& result = response.results(0);
  ASSERT_EQ(result.status().code(), 0) << result.status().message();
  ASSERT_EQ(result.masks_size(), 2);
  EXPECT_EQ(result.masks(0).position(), 2);
  for (const v1::FilledMask& mask : result.masks()) {
    ASSERT_EQ(mask.tokens_size(), 100);
    double sum = 0;
    for (int k = 0; k < mask.tokens_size(); ++k) {
      const v1::FilledToken& token = mask.tokens(k);
      EXPECT_NEAR(token.probability(), std::exp(token.log_prob()), 1e-6);
      sum += token.probability();
      if (k > 0) {
        EXPECT_LE(token.log_prob(), mask.tokens(k - 1).log_prob());
      }
    }
    EXPECT_GT(sum, 0.9);  // Of 120 tokens.
    EXPECT_LT(sum, 1.0001);
  }
  EXPECT_EQ(response.results(1).status().code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(response.results(1).status().message(), HasSubstr("[MASK]"));
  grpc::Status status;
  request.set_top_k(101);
  client().Call(&Stub::FillMask, request, &status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(HeadsTest, TellsWhatFollows) {
  v1::NextSentenceRequest request;
  request.set_model("bert-pretraining");
  request.add_pairs()->set_first("a dog runs.");
  request.mutable_pairs(0)->set_second("it is wet.");
  request.add_pairs()->set_first("alone");
  const v1::NextSentenceResponse response =
      client().Good(&Stub::NextSentence, request);
  const v1::NextSentenceResult& result = response.results(0);
  ASSERT_EQ(result.status().code(), 0) << result.status().message();
  ASSERT_EQ(result.logits_size(), 2);
  EXPECT_NEAR(result.probability(),
              1 / (1 + std::exp(result.logits(1) - result.logits(0))), 1e-6);
  EXPECT_EQ(response.results(1).status().code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(HeadsTest, AnEmptyNameIsNoChoice) {
  v1::EmbedRequest request;
  grpc::Status status;
  client().Call(&Stub::Embed, request, &status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("bert-pretraining"));
}

}  // namespace
}  // namespace parley
