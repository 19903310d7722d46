#include "tools/local/summary_format.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace parley::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

ModelSummary Translator() {
  ModelSummary summary = {.directory = "models/x"};
  ModelInfo& info = summary.info;
  info.display_name = "X \xff";
  info.architecture = "MarianMTModel";
  info.compute_type = ComputeType::kF32;
  info.num_parameters = 6'534'980;
  info.vocab_size = 8004;
  info.max_source_tokens = 256;
  info.max_target_tokens = 512;
  info.languages.pairs = {{"en", "de"}, {"de", "en"}};
  info.languages.targets = {"de", "en"};
  info.languages.target_token = ">>{language}<<";
  info.default_search.num_beams = 4;
  info.default_search.length_penalty = 1.1f;
  info.default_search.max_new_tokens = 127;
  summary.weights = {{.path = "model.safetensors",
                      .file_bytes = 2500,
                      .tensors = {{"a", DType::kF16, {2, 3}, 12},
                                  {"long.name", DType::kF32, {}, 4},
                                  {"positions", DType::kI64, {1}, 8}}}};
  summary.directory_bytes = 1'500'000;
  return summary;
}

ModelSummary Encoder() {
  ModelSummary summary = Translator();
  ModelInfo& info = summary.info;
  info.kind = ModelKind::kEncoder;
  EncoderInfo& encoder = info.encoder;
  encoder.embedding_dim = 384;
  encoder.d_model = 192;
  encoder.num_layers = 6;
  encoder.max_tokens = 128;
  encoder.pooling = {Pooling::kMean, Pooling::kMeanSqrtLength};
  encoder.normalizes = true;
  encoder.prompts = {{"query", "query: "}};
  encoder.similarity = SimilarityMeasure::kDot;
  encoder.labels = {"no", "yes"};
  encoder.fills_masks = true;
  return summary;
}

std::string Text(const ModelSummary& summary,
                 TensorList tensors = TensorList::kNone) {
  std::ostringstream out;
  PrintSummary(summary, tensors, out);
  return out.str();
}

Json Parsed(const ModelSummary& summary,
            TensorList tensors = TensorList::kNone) {
  const std::string text = SummaryToJson(summary, tensors);
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  return Json::parse(text);
}

TEST(BytesTextTest, HasThreeDigitsOrSo) {
  EXPECT_EQ(BytesText(0), "0 bytes");
  EXPECT_EQ(BytesText(1), "1 byte");
  EXPECT_EQ(BytesText(999), "999 bytes");
  EXPECT_EQ(BytesText(1000), "1.0 kB");
  EXPECT_EQ(BytesText(13'083'040), "13.1 MB");
  EXPECT_EQ(BytesText(2'345'000'000), "2.35 GB");
}

TEST(PrintSummaryTest, TranslationModel) {
  const std::string text = Text(Translator());
  for (const char* line :
       {"directory:     models/x\n", "kind:          translation\n",
        "architecture:  MarianMTModel\n", "parameters:    6.5M (6534980)\n",
        "precision:     F16, F32, as it came; computes as f32\n",
        "vocabulary:    8004 tokens\n", "languages:     en-de de-en\n",
        "target token:  >>{language}<<\n",
        "limits:        256 source tokens, 512 target tokens\n",
        "4 beams, length penalty 1.1, 127 target tokens",
        "size:          1.5 MB, 2.5 kB of it weights\n",
        "model.safetensors, 2.5 kB: 1 F16 of 12 bytes, 1 F32 of 4 bytes, "
        "1 I64 of 8 bytes\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("long.name")));
}

TEST(PrintSummaryTest, ShortlistWhereThereIsOne) {
  ModelSummary summary = Translator();
  EXPECT_THAT(Text(summary), Not(HasSubstr("shortlist")));
  EXPECT_TRUE(Parsed(summary)["translation"].at("shortlist").is_null());
  summary.info.has_shortlist = true;
  EXPECT_THAT(Text(summary),
              HasSubstr("shortlist:     used where a request asks for it\n"));
  EXPECT_EQ(Parsed(summary)["translation"]["shortlist"], false);
  summary.info.uses_shortlist = true;
  EXPECT_THAT(
      Text(summary),
      HasSubstr("shortlist:     used unless a request says otherwise\n"));
  EXPECT_EQ(Parsed(summary)["translation"]["shortlist"], true);
}

TEST(PrintSummaryTest, LanguagesWithoutPairs) {
  ModelSummary summary = Translator();
  summary.info.languages.pairs.clear();
  EXPECT_THAT(Text(summary), HasSubstr("languages:     *-de *-en\n"));
  summary.info.languages.targets.clear();
  EXPECT_THAT(Text(summary), HasSubstr("languages:     any;"));
}

TEST(PrintSummaryTest, EncoderModel) {
  const std::string text = Text(Encoder());
  for (const char* line :
       {"kind:          encoder\n", "layers:        6, 192 wide\n",
        "vectors:       384 dimensions, of unit length\n",
        "pooling:       mean + mean_sqrt_len_tokens\n", "similarity:    dot\n",
        "heads:         classification, masked tokens\n",
        "labels:        no, yes\n", "prompt:        query = \"query: \"\n",
        "limits:        128 tokens (256 where asked for)\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("languages")));
}

TEST(PrintSummaryTest, OneLabelReranks) {
  ModelSummary summary = Encoder();
  summary.info.encoder.labels = {"score"};
  summary.info.encoder.fills_masks = false;
  summary.info.encoder.predicts_next_sentence = true;
  EXPECT_THAT(Text(summary), HasSubstr("reranking, next sentence\n"));
  summary.info.encoder.labels = {};
  summary.info.encoder.predicts_next_sentence = false;
  EXPECT_THAT(Text(summary), HasSubstr("none but the vectors\n"));
}

TEST(PrintSummaryTest, ConvertedModel) {
  ModelSummary summary = Translator();
  summary.weights[0].converted = ConvertedFormat{.compute_type = "int8"};
  summary.info.compute_type = ComputeType::kInt8;
  EXPECT_THAT(Text(summary),
              HasSubstr("int8, converted ahead of time; computes as int8\n"));
  const Json json = Parsed(summary);
  EXPECT_EQ(json.at("precision"), "int8");
  EXPECT_EQ(json.at("converted"), true);
}

TEST(PrintSummaryTest, TensorsAlign) {
  EXPECT_THAT(Text(Translator(), TensorList::kAll),
              HasSubstr("\nmodel.safetensors\n"
                        "  a          F16             12  [2, 3]\n"
                        "  long.name  F32              4  []\n"
                        "  positions  I64              8  [1]\n"));
}

TEST(SummaryToJsonTest, TranslationModel) {
  const Json json = Parsed(Translator());
  EXPECT_EQ(json.at("name"), "X \xef\xbf\xbd");
  EXPECT_EQ(json.at("kind"), "translation");
  EXPECT_EQ(json.at("num_parameters"), 6'534'980);
  EXPECT_EQ(json.at("precision"), "F16, F32");
  EXPECT_EQ(json.at("converted"), false);
  EXPECT_EQ(json.at("directory_bytes"), 1'500'000);
  EXPECT_EQ(json.at("weight_bytes"), 2500);
  const Json& translation = json.at("translation");
  EXPECT_EQ(translation.at("language_pairs"),
            Json::parse(R"([["en", "de"], ["de", "en"]])"));
  EXPECT_EQ(translation.at("length_penalty").dump(), "1.1");
  EXPECT_FALSE(json.contains("encoder"));
  const Json& weights = json.at("weights").at(0);
  EXPECT_EQ(weights.at("dtypes").at("F16"),
            Json::parse(R"({"num_tensors": 1, "bytes": 12})"));
  EXPECT_FALSE(weights.contains("tensors"));
}

TEST(SummaryToJsonTest, EncoderModel) {
  const Json json = Parsed(Encoder());
  EXPECT_FALSE(json.contains("translation"));
  const Json& encoder = json.at("encoder");
  EXPECT_EQ(encoder.at("pooling"),
            Json::parse(R"(["mean", "mean_sqrt_len_tokens"])"));
  EXPECT_EQ(encoder.at("heads"),
            Json::parse(R"(["classification", "masked tokens"])"));
  EXPECT_EQ(encoder.at("prompts").at("query"), "query: ");
  EXPECT_EQ(encoder.at("max_tokens"), 128);
}

TEST(SummaryToJsonTest, Tensors) {
  const Json json = Parsed(Translator(), TensorList::kAll);
  EXPECT_EQ(json.at("weights").at(0).at("tensors").at(0),
            Json::parse(R"({"name": "a", "dtype": "F16", "shape": [2, 3],
                            "bytes": 12})"));
}

}  // namespace
}  // namespace parley::tools
