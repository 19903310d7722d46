// Heads over the wire beside what transformers gives for texts:
// tests/goldens/encoder/tiny-random-bert-*.jsonl.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/integration/embedding_server.h"

namespace parley {
namespace {

using nlohmann::json;
using Stub = v1::EmbeddingService::Stub;

constexpr char kPretraining[] = "tiny-random-bert-pretraining";
constexpr char kClassifier[] = "tiny-random-bert-classifier";
constexpr double kTolerance = 1e-5;

// Logits are greater than one, and so are their roundings: computed in double
// precision, the references themselves are off by up to 1.03e-5.
void ExpectLogit(double actual, double expected) {
  EXPECT_NEAR(actual, expected, kTolerance * std::max(1.0, std::abs(expected)));
}

std::vector<json> Goldens(const std::string& name) {
  std::vector<json> rows;
  std::ifstream file("tests/goldens/encoder/" + name + ".jsonl");
  for (std::string line; std::getline(file, line);) {
    rows.push_back(json::parse(line));
  }
  return rows;
}

void SetPair(const json& row, v1::TextPair* pair) {
  pair->set_first(row["text_a"].get<std::string>());
  pair->set_second(row["text_b"].get<std::string>());
}

class HeadsGoldenTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder();
    // Their vocabulary is that of all-MiniLM-L6-v2.
    std::ifstream file(absl::StrCat(kMiniLm, "/tokenizer.json"));
    ASSERT_TRUE(file.is_open()) << "run tools/setup.sh";
    std::ostringstream tokenizer;
    tokenizer << file.rdbuf();
    server_ = new EmbeddingServer(absl::StrCat(
        TinyModelArgument(kPretraining, *folder_, tokenizer.str()), ",",
        TinyModelArgument(kClassifier, *folder_, tokenizer.str())));
  }
  static void TearDownTestSuite() {
    server_->End();
    delete server_;
    delete folder_;
  }

  static EmbeddingClient& client() { return server_->client(); }

  static EmbeddingServer* server_;
  static TempFolder* folder_;
};

EmbeddingServer* HeadsGoldenTest::server_ = nullptr;
TempFolder* HeadsGoldenTest::folder_ = nullptr;

TEST_F(HeadsGoldenTest, NextSentence) {
  v1::NextSentenceRequest request;
  request.set_model(kPretraining);
  std::vector<json> rows;
  for (const json& row : Goldens(kPretraining)) {
    if (!row.contains("text_a")) continue;
    rows.push_back(row);
    SetPair(row, request.add_pairs());
  }
  ASSERT_EQ(rows.size(), 12);
  const v1::NextSentenceResponse response =
      client().Good(&Stub::NextSentence, request);
  ASSERT_EQ(response.results_size(), 12);
  for (int i = 0; i < 12; ++i) {
    SCOPED_TRACE(i);
    const v1::NextSentenceResult& result = response.results(i);
    const json& logits = rows[i]["next_sentence_logits"];
    ASSERT_EQ(result.logits_size(), 2);
    ExpectLogit(result.logits(0), logits[0]);
    ExpectLogit(result.logits(1), logits[1]);
    const double difference = logits[1].get<double>() - logits[0].get<double>();
    EXPECT_NEAR(result.probability(), 1 / (1 + std::exp(difference)),
                kTolerance);
    EXPECT_EQ(result.tokens(), std::ssize(rows[i]["token_ids"]));
  }
}

TEST_F(HeadsGoldenTest, FillMask) {
  v1::FillMaskRequest request;
  request.set_model(kPretraining);
  request.set_top_k(10);
  std::vector<json> rows;
  for (const json& row : Goldens(kPretraining)) {
    if (!row.contains("masked_text")) continue;
    rows.push_back(row);
    request.add_texts(row["masked_text"].get<std::string>());
  }
  ASSERT_EQ(rows.size(), 3);
  const v1::FillMaskResponse response = client().Good(&Stub::FillMask, request);
  ASSERT_EQ(response.results_size(), 3);
  for (int i = 0; i < 3; ++i) {
    SCOPED_TRACE(i);
    const v1::FillMaskResult& result = response.results(i);
    const json& masks = rows[i]["masks"];
    ASSERT_EQ(result.masks_size(), std::ssize(masks));
    for (int m = 0; m < result.masks_size(); ++m) {
      const v1::FilledMask& mask = result.masks(m);
      EXPECT_EQ(mask.position(), masks[m]["position"]);
      ASSERT_EQ(mask.tokens_size(), 10);
      for (int k = 0; k < 10; ++k) {
        EXPECT_EQ(mask.tokens(k).id(), masks[m]["top"][k][0]);
        ExpectLogit(mask.tokens(k).log_prob(), masks[m]["top"][k][1]);
      }
    }
  }
}

TEST_F(HeadsGoldenTest, Classify) {
  const std::vector<json> rows = Goldens(kClassifier);
  ASSERT_EQ(rows.size(), 12);
  v1::ClassifyRequest request;
  request.set_model(kClassifier);
  for (const json& row : rows) SetPair(row, request.add_pairs());
  request.set_score_function(v1::SCORE_FUNCTION_NONE);
  const v1::ClassifyResponse raw = client().Good(&Stub::Classify, request);
  request.clear_score_function();
  const v1::ClassifyResponse scored = client().Good(&Stub::Classify, request);
  ASSERT_EQ(raw.results_size(), 12);
  for (int i = 0; i < 12; ++i) {
    SCOPED_TRACE(i);
    const json& logits = rows[i]["logits"];
    double sum = 0;
    for (const json& logit : logits) sum += std::exp(logit.get<double>());
    ASSERT_EQ(raw.results(i).labels_size(), 3);
    for (int k = 0; k < 3; ++k) {
      const v1::LabelScore& label = raw.results(i).labels(k);
      EXPECT_EQ(label.label(), absl::StrCat("LABEL_", label.index()));
      ExpectLogit(label.score(), logits[label.index()]);
      const v1::LabelScore& softmax = scored.results(i).labels(k);
      EXPECT_EQ(softmax.index(), label.index());
      EXPECT_NEAR(softmax.score(),
                  std::exp(logits[label.index()].get<double>()) / sum,
                  kTolerance);
    }
  }
  request.set_top_k(1);
  const v1::ClassifyResponse best = client().Good(&Stub::Classify, request);
  for (int i = 0; i < 12; ++i) {
    ASSERT_EQ(best.results(i).labels_size(), 1);
    EXPECT_EQ(best.results(i).labels(0).SerializeAsString(),
              scored.results(i).labels(0).SerializeAsString());
  }
}

}  // namespace
}  // namespace parley
