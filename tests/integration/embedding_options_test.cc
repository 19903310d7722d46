// The options of Embed over the wire to the real server: each does what
// docs/embedding.md says.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "tests/integration/embedding_server.h"

namespace parley {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using Stub = v1::EmbeddingService::Stub;

constexpr double kTolerance = 1e-5;

std::vector<double> UnitLength(std::vector<double> vector) {
  double squares = 0;
  for (const double value : vector) squares += value * value;
  for (double& value : vector) value /= std::sqrt(squares);
  return vector;
}

void ExpectNear(const std::string& bytes, const std::vector<double>& expected) {
  const std::vector<float> vector = Floats(bytes);
  ASSERT_EQ(vector.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(vector[i], expected[i], kTolerance) << i;
  }
}

// Models: "minilm"; "plain", a random one without sentence-transformers' files;
// "modules", the same with them: two poolings, a dense layer, unit length, dot
// product, prompts; "prompted", whose prompt takes no part in the vector.
class OptionsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder();
    const std::string plain = TinyModelArgument("mpnet-sentences", *folder_);
    const std::string modules =
        TinyModulesArgument("mpnet-sentences", "modules", *folder_);
    const std::string prompted =
        TinyModulesArgument("mpnet-sentences", "prompted", *folder_);
    folder_->Write("prompted/modules.json", R"([
        {"path": "", "type": "sentence_transformers.models.Transformer"},
        {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}
        ])");
    folder_->Write("prompted/1_Pooling/config.json",
                   R"({"word_embedding_dimension": 24,
                       "pooling_mode_mean_tokens": true,
                       "include_prompt": false})");
    folder_->Write("prompted/config_sentence_transformers.json",
                   R"({"prompts": {"query": "find: "},
                       "default_prompt_name": "query"})");
    server_ = new EmbeddingServer(absl::StrCat(
        MiniLmArgument(), ",plain=", plain.substr(plain.find('=') + 1), ",",
        modules, ",", prompted));
  }
  static void TearDownTestSuite() {
    server_->End();
    delete server_;
    delete folder_;
  }

  static EmbeddingClient& client() { return server_->client(); }

  static v1::EmbedRequest Request(const std::string& model,
                                  const std::vector<std::string>& texts) {
    v1::EmbedRequest request;
    request.set_model(model);
    for (const std::string& text : texts) request.add_texts(text);
    return request;
  }
  static v1::EmbedResponse Embed(const v1::EmbedRequest& request) {
    return client().Good(&Stub::Embed, request);
  }
  static std::string VectorOf(const std::string& model,
                              const std::string& text) {
    return Embed(Request(model, {text})).results(0).vector();
  }
  static v1::EmbedRequest References(const std::string& model) {
    v1::EmbedRequest request = Request(model, {});
    for (const json& row : TinyModelRows("mpnet-sentences")) {
      v1::TokenInput& input = *request.add_inputs();
      for (const int id : row["ids"]) input.add_token_ids(id);
    }
    return request;
  }
  static std::string Error(const v1::EmbedRequest& request) {
    grpc::Status status;
    client().Call(&Stub::Embed, request, &status);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  }

  static EmbeddingServer* server_;
  static TempFolder* folder_;
};

EmbeddingServer* OptionsTest::server_ = nullptr;
TempFolder* OptionsTest::folder_ = nullptr;

TEST_F(OptionsTest, EveryPoolingIsThatOfSentenceTransformers) {
  const std::vector<std::pair<v1::Pooling, const char*>> poolings = {
      {v1::POOLING_UNSPECIFIED, "mean-0"},
      {v1::POOLING_MEAN, "mean-0"},
      {v1::POOLING_CLS, "cls-0"},
      {v1::POOLING_MAX, "max-0"},
      {v1::POOLING_LAST_TOKEN, "lasttoken-0"},
      {v1::POOLING_WEIGHTED_MEAN, "weightedmean-0"}};
  const std::vector<json> rows = TinyModelRows("mpnet-sentences");
  for (const auto& [pooling, name] : poolings) {
    SCOPED_TRACE(name);
    v1::EmbedRequest request = References("plain");
    request.mutable_options()->set_pooling(pooling);
    const v1::EmbedResponse response = Embed(request);
    request.mutable_options()->set_normalize(true);
    const v1::EmbedResponse unit = Embed(request);
    ASSERT_EQ(response.results_size(), std::ssize(rows));
    for (int i = 0; i < response.results_size(); ++i) {
      const std::vector<double> expected = rows[i]["pooled"][name];
      ExpectNear(response.results(i).vector(), expected);
      ExpectNear(unit.results(i).vector(), UnitLength(expected));
    }
  }
}

TEST_F(OptionsTest, ModulesAreThoseOfSentenceTransformers) {
  const std::vector<json> rows = TinyModelRows("mpnet-sentences");
  v1::EmbedRequest request = References("modules");
  const v1::EmbedResponse unit = Embed(request);
  request.mutable_options()->set_normalize(false);
  const v1::EmbedResponse response = Embed(request);
  ASSERT_EQ(response.results_size(), std::ssize(rows));
  for (int i = 0; i < response.results_size(); ++i) {
    const v1::EmbedResult& result = response.results(i);
    // Its window is 128 tokens, but token ids may fill all positions.
    ASSERT_EQ(result.status().code(), 0) << result.status().message();
    EXPECT_EQ(result.dimensions(), 10);
    const std::vector<double> own = rows[i]["pooled"]["own"];
    ExpectNear(result.vector(), own);
    ExpectNear(unit.results(i).vector(), UnitLength(own));
  }
  request.mutable_options()->set_pooling(v1::POOLING_MAX);
  EXPECT_THAT(Error(request), HasSubstr("dense layers"));
  request.mutable_options()->clear_pooling();
  request.mutable_options()->set_dimensions(11);
  EXPECT_THAT(Error(request), HasSubstr("from 1 to 10"));
}

TEST_F(OptionsTest, SimilarityIsByTheModelsMeasure) {
  v1::SimilarityRequest request;
  request.set_model("modules");
  request.set_text("a dog");
  request.add_others("a cat");
  request.mutable_options()->set_normalize(false);
  const float score =
      client().Good(&Stub::Similarity, request).results(0).score();
  v1::EmbedRequest embed = Request("modules", {"a dog", "a cat"});
  embed.mutable_options()->set_normalize(false);
  const v1::EmbedResponse response = Embed(embed);
  const std::vector<float> a = Floats(response.results(0).vector());
  const std::vector<float> b = Floats(response.results(1).vector());
  double dot = 0;
  for (size_t i = 0; i < a.size(); ++i) dot += double{a[i]} * b[i];
  EXPECT_NEAR(score, dot, kTolerance);
}

TEST_F(OptionsTest, APromptGoesBeforeTheText) {
  v1::EmbedRequest request = Request("modules", {"a dog"});
  const std::string expected = VectorOf("modules", "query: a dog");
  request.mutable_options()->set_prompt_name("query");
  EXPECT_EQ(Embed(request).results(0).vector(), expected);
  request.mutable_options()->set_prompt("query: ");
  EXPECT_EQ(Embed(request).results(0).vector(), expected);
  request.mutable_options()->set_prompt("");
  EXPECT_EQ(Embed(request).results(0).vector(), VectorOf("modules", "a dog"));
  request.mutable_options()->set_prompt_name("document");  // An empty one.
  EXPECT_EQ(Embed(request).results(0).vector(), VectorOf("modules", "a dog"));
  request.mutable_options()->set_prompt_name("title");
  EXPECT_THAT(Error(request), HasSubstr("\"document\", \"query\""));
}

TEST_F(OptionsTest, APromptMayTakeNoPartInTheVector) {
  v1::EmbedTokensRequest tokens_request;
  tokens_request.set_model("prompted");
  tokens_request.add_texts("find: a dog");
  const v1::EmbedTokensResult tokens =
      client().Good(&Stub::EmbedTokens, tokens_request).results(0);
  const std::vector<float> rows = Floats(tokens.vectors());
  const int num_tokens = tokens.tokens_size();
  ASSERT_EQ(rows.size(), num_tokens * 24);
  // [CLS] f ##i ##n ##d : a d ##o ##g [SEP]
  constexpr int kNumSkipped = 6;
  std::vector<double> mean(24);
  for (size_t i = kNumSkipped * 24; i < rows.size(); ++i) {
    mean[i % 24] += rows[i] / double(num_tokens - kNumSkipped);
  }
  // The default prompt is "find: ".
  v1::EmbedRequest request = Request("prompted", {"a dog"});
  const v1::EmbedResult result = Embed(request).results(0);
  EXPECT_EQ(result.tokens(), num_tokens);
  ExpectNear(result.vector(), mean);
}

TEST_F(OptionsTest, PairsAreReadWithTheirSegments) {
  v1::TokenizeRequest tokenize;
  tokenize.set_model("minilm");
  tokenize.add_pairs()->set_first("A dog runs.");
  tokenize.mutable_pairs(0)->set_second("A hound is running.");
  const v1::TokenizeResult tokens =
      client().Good(&Stub::Tokenize, tokenize).results(0);
  v1::EmbedRequest by_ids = Request("minilm", {});
  v1::TokenInput& input = *by_ids.add_inputs();
  std::vector<std::string> texts;
  for (const v1::Token& token : tokens.tokens()) {
    input.add_token_ids(token.id());
    input.add_segment_ids(token.segment());
    texts.push_back(token.text());
  }
  EXPECT_THAT(texts, ::testing::ElementsAre("[CLS]", "a", "dog", "runs", ".",
                                            "[SEP]", "a", "hound", "is",
                                            "running", ".", "[SEP]"));
  EXPECT_THAT(input.segment_ids(),
              ::testing::ElementsAre(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1));
  v1::EmbedRequest by_texts = Request("minilm", {});
  *by_texts.add_pairs() = tokenize.pairs(0);
  const v1::EmbedResult result = Embed(by_texts).results(0);
  EXPECT_EQ(result.tokens(), 12);
  EXPECT_EQ(result.vector(), Embed(by_ids).results(0).vector());
}

TEST_F(OptionsTest, EitherEndIsCut) {
  v1::EmbedRequest request =
      Request("minilm", {"one two three four five six seven"});
  v1::TokenLimits& limits = *request.mutable_options()->mutable_limits();
  limits.set_max_tokens(5);
  const auto expect = [&](v1::Truncation truncation, const char* rest) {
    limits.set_truncation(truncation);
    const v1::EmbedResult result = Embed(request).results(0);
    EXPECT_TRUE(result.truncated());
    EXPECT_EQ(result.tokens(), 5);
    EXPECT_EQ(result.vector(), VectorOf("minilm", rest));
  };
  expect(v1::TRUNCATION_UNSPECIFIED, "one two three");
  expect(v1::TRUNCATION_RIGHT, "one two three");
  expect(v1::TRUNCATION_LEFT, "five six seven");
  limits.set_max_tokens(9);
  EXPECT_FALSE(Embed(request).results(0).truncated());
}

TEST_F(OptionsTest, OfAPairTheLongerTextIsCut) {
  v1::TokenizeRequest request;
  request.set_model("minilm");
  request.add_pairs()->set_first("one two three four five");
  request.mutable_pairs(0)->set_second("six seven");
  request.mutable_limits()->set_max_tokens(8);
  const auto texts = [&request] {
    const v1::TokenizeResult result =
        client().Good(&Stub::Tokenize, request).results(0);
    EXPECT_TRUE(result.truncated());
    std::string all;
    for (const v1::Token& token : result.tokens()) {
      absl::StrAppend(&all, token.text(), " ");
    }
    return all;
  };
  EXPECT_EQ(texts(), "[CLS] one two three [SEP] six seven [SEP] ");
  request.mutable_limits()->set_truncation(v1::TRUNCATION_LEFT);
  EXPECT_EQ(texts(), "[CLS] three four five [SEP] six seven [SEP] ");
  request.mutable_limits()->set_max_tokens(6);
  EXPECT_EQ(texts(), "[CLS] four five [SEP] seven [SEP] ");
  request.mutable_limits()->set_truncation(v1::TRUNCATION_RIGHT);
  request.mutable_limits()->set_pair_truncation(v1::PAIR_TRUNCATION_ONLY_FIRST);
  EXPECT_EQ(texts(), "[CLS] one [SEP] six seven [SEP] ");
  request.mutable_limits()->set_pair_truncation(
      v1::PAIR_TRUNCATION_ONLY_SECOND);
  const v1::TokenizeResult no_room =
      client().Good(&Stub::Tokenize, request).results(0);
  EXPECT_EQ(no_room.status().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(no_room.status().message(), HasSubstr("only the second text"));
  request.mutable_limits()->set_truncation(v1::TRUNCATION_REFUSE);
  const v1::TokenizeResult refused =
      client().Good(&Stub::Tokenize, request).results(0);
  EXPECT_EQ(refused.status().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(refused.status().message(), HasSubstr("10 tokens"));
}

TEST_F(OptionsTest, EmptyAndFullTextsShareACall) {
  const std::vector<std::string> texts = {"", "a dog", " \t\n", "a dog",
                                          "", "?",     "\u3000"};
  const v1::EmbedResponse response = Embed(Request("minilm", texts));
  ASSERT_EQ(response.results_size(), std::ssize(texts));
  for (int i = 0; i < response.results_size(); ++i) {
    EXPECT_EQ(response.results(i).status().code(), 0);
    EXPECT_EQ(response.results(i).vector(), VectorOf("minilm", texts[i]));
  }
  EXPECT_EQ(response.results(2).vector(), response.results(0).vector());
  EXPECT_NE(response.results(1).vector(), response.results(0).vector());

  v1::EmbedRequest pairs = Request("minilm", {});
  for (const char* first : {"", "a dog"}) {
    for (const char* second : {"", "a dog"}) {
      v1::TextPair& pair = *pairs.add_pairs();
      pair.set_first(first);
      pair.set_second(second);
    }
  }
  const v1::EmbedResponse of_pairs = Embed(pairs);
  EXPECT_EQ(of_pairs.results(0).vector(), response.results(0).vector());
  EXPECT_EQ(of_pairs.results(2).vector(), response.results(1).vector());
  EXPECT_EQ(of_pairs.results(1).tokens(), 5);
  EXPECT_EQ(of_pairs.results(3).tokens(), 7);

  // An empty text is a text: no other kind may stand beside it.
  pairs.add_texts("");
  EXPECT_THAT(Error(pairs), HasSubstr("texts and pairs"));
}

TEST_F(OptionsTest, TheMeanOfChunksIsWeighted) {
  std::string text;
  for (int i = 0; i < 12; ++i) text += "word ";
  v1::EmbedRequest request = Request("minilm", {text});
  v1::EmbedOptions& options = *request.mutable_options();
  options.set_normalize(false);
  options.mutable_limits()->set_max_tokens(10);
  options.mutable_chunking()->set_overlap_tokens(1);
  const v1::EmbedResult chunks = Embed(request).results(0);
  ASSERT_EQ(chunks.chunks_size(), 2);  // 8 tokens of text, and 5.
  EXPECT_EQ(chunks.vector(), "");
  EXPECT_EQ(chunks.tokens(), 10 + 7);
  options.mutable_chunking()->set_output(v1::Chunking::OUTPUT_MEAN);
  const v1::EmbedResult mean = Embed(request).results(0);
  EXPECT_EQ(mean.chunks_size(), 0);
  const std::vector<float> first = Floats(chunks.chunks(0).vector());
  const std::vector<float> second = Floats(chunks.chunks(1).vector());
  std::vector<double> expected;
  for (size_t i = 0; i < first.size(); ++i) {
    expected.push_back((8.0 * first[i] + 5.0 * second[i]) / 13);
  }
  ExpectNear(mean.vector(), expected);
  options.set_normalize(true);
  ExpectNear(Embed(request).results(0).vector(), UnitLength(expected));
}

TEST_F(OptionsTest, EachChunkHasThePrompt) {
  v1::EmbedRequest request =
      Request("modules", {"one two three four five six seven eight nine"});
  request.mutable_options()->set_prompt_name("query");
  request.mutable_options()->mutable_limits()->set_max_tokens(24);
  request.mutable_options()->mutable_chunking();
  const std::string& text = request.texts(0);
  const v1::EmbedResult result = Embed(request).results(0);
  ASSERT_GT(result.chunks_size(), 1);
  size_t end = 0;
  for (const v1::EmbedChunk& chunk : result.chunks()) {
    EXPECT_GE(chunk.begin(), end);
    EXPECT_LE(chunk.tokens(), 24);
    end = chunk.end();
  }
  EXPECT_EQ(end, text.size());
  EXPECT_EQ(
      result.chunks(0).vector(),
      VectorOf("modules", "query: " + text.substr(0, result.chunks(0).end())));
}

}  // namespace
}  // namespace parley
