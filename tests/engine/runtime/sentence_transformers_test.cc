#include "engine/runtime/sentence_transformers.h"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kOldModules[] = R"([
  {"idx": 0, "name": "0", "path": "",
   "type": "sentence_transformers.models.Transformer"},
  {"idx": 1, "name": "1", "path": "1_Pooling",
   "type": "sentence_transformers.models.Pooling"},
  {"idx": 2, "name": "2", "path": "2_Dense",
   "type": "sentence_transformers.models.Dense"},
  {"idx": 3, "name": "3", "path": "3_Normalize",
   "type": "sentence_transformers.models.Normalize"}])";

class SentenceTransformersTest : public testing::Test {
 protected:
  SentenceTransformersTest() {
    for (const char* name : {"1_Pooling", "2_Dense"}) {
      std::filesystem::create_directory(folder_.path() + "/" + name);
    }
    Write("modules.json", kOldModules);
    Write("1_Pooling/config.json", R"({"pooling_mode_mean_tokens": true})");
    Write("2_Dense/config.json", R"({"in_features": 24, "out_features": 10})");
  }

  void Write(const std::string& name, const std::string& text) {
    folder_.Write(name, text);
  }

  SentenceTransformers Read() {
    auto read = ReadSentenceTransformers(folder_.path());
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? *std::move(read) : SentenceTransformers();
  }

  // The message of the refusal, after a look at its code.
  std::string Refusal(absl::StatusCode code) {
    const absl::Status status =
        ReadSentenceTransformers(folder_.path()).status();
    EXPECT_EQ(status.code(), code) << status;
    return std::string(status.message());
  }

  const TempFolder folder_;
};

TEST_F(SentenceTransformersTest, WithoutModulesTheMean) {
  std::filesystem::remove(folder_.path() + "/modules.json");
  const SentenceTransformers read = Read();
  EXPECT_THAT(read.pooling, ElementsAre(Pooling::kMean));
  EXPECT_FALSE(read.normalizes);
  EXPECT_THAT(read.dense, IsEmpty());
  EXPECT_EQ(read.transformer_directory, folder_.path());
  EXPECT_EQ(read.similarity, SimilarityMeasure::kCosine);
}

TEST_F(SentenceTransformersTest, OldNames) {
  Write("sentence_bert_config.json",
        R"({"max_seq_length": 128, "do_lower_case": true})");
  const SentenceTransformers read = Read();
  EXPECT_THAT(read.pooling, ElementsAre(Pooling::kMean));
  EXPECT_TRUE(read.normalizes);
  EXPECT_TRUE(read.pools_prompt);
  ASSERT_EQ(read.dense.size(), 1u);
  EXPECT_EQ(read.dense[0].directory, folder_.path() + "/2_Dense");
  EXPECT_EQ(read.dense[0].in_features, 24);
  EXPECT_EQ(read.dense[0].out_features, 10);
  EXPECT_TRUE(read.dense[0].has_bias);
  EXPECT_EQ(read.dense[0].activation, kernels::Activation::kTanh);
  EXPECT_EQ(read.max_tokens, 128);
  EXPECT_TRUE(read.lowercase);
}

TEST_F(SentenceTransformersTest, NamesOfVersion6) {
  auto read = ReadSentenceTransformers("tests/goldens/encoder/mpnet-sentences");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->pooling, ElementsAre(Pooling::kCls, Pooling::kMean));
  EXPECT_TRUE(read->normalizes);
  EXPECT_EQ(read->max_tokens, 128);
  ASSERT_EQ(read->prompts.size(), 2u);
  EXPECT_EQ(read->prompts[1].name, "query");
  EXPECT_EQ(read->prompts[1].text, "query: ");
  EXPECT_EQ(read->default_prompt, "");
  EXPECT_EQ(read->similarity, SimilarityMeasure::kDot);
}

TEST_F(SentenceTransformersTest, FlagsOfPoolingInTheirOrder) {
  Write("1_Pooling/config.json",
        R"({"pooling_mode_lasttoken": true, "pooling_mode_max_tokens": true,
            "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false,
            "pooling_mode_weightedmean_tokens": true,
            "pooling_mode_mean_sqrt_len_tokens": true,
            "include_prompt": false})");
  const SentenceTransformers read = Read();
  EXPECT_THAT(
      read.pooling,
      ElementsAre(Pooling::kCls, Pooling::kMax, Pooling::kMeanSqrtLength,
                  Pooling::kWeightedMean, Pooling::kLastToken));
  EXPECT_FALSE(read.pools_prompt);
  Write("1_Pooling/config.json", R"({"pooling_mode": "lasttoken",
                                     "pooling_mode_cls_token": true})");
  EXPECT_THAT(Read().pooling, ElementsAre(Pooling::kLastToken));
  Write("1_Pooling/config.json", R"({"word_embedding_dimension": 24})");
  EXPECT_THAT(Read().pooling, ElementsAre(Pooling::kMean));
}

TEST_F(SentenceTransformersTest, ModelInAFolderOfItsOwn) {
  std::filesystem::create_directory(folder_.path() + "/0_Transformer");
  Write("0_Transformer/sentence_roberta_config.json",
        R"({"max_seq_length": 99})");
  Write("modules.json", R"([
    {"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
    {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"path": "2_Dropout", "type": "sentence_transformers.models.Dropout"}])");
  const SentenceTransformers read = Read();
  EXPECT_EQ(read.transformer_directory, folder_.path() + "/0_Transformer");
  EXPECT_EQ(read.max_tokens, 99);
  EXPECT_FALSE(read.normalizes);
}

TEST_F(SentenceTransformersTest, ActivationsOfDenseLayers) {
  Write("2_Dense/config.json",
        R"({"in_features": 2, "out_features": 3, "bias": false,
            "activation_function": "torch.nn.modules.linear.Identity"})");
  EXPECT_FALSE(Read().dense[0].has_bias);
  EXPECT_EQ(Read().dense[0].activation, std::nullopt);
  Write("2_Dense/config.json",
        R"({"in_features": 2, "out_features": 3,
            "activation_function": "torch.nn.modules.activation.GELU"})");
  EXPECT_EQ(Read().dense[0].activation, kernels::Activation::kGelu);
}

TEST_F(SentenceTransformersTest, Prompts) {
  Write("config_sentence_transformers.json",
        R"({"prompts": {"a": "A: ", "b": "B: "}, "default_prompt_name": "b",
            "similarity_fn_name": "manhattan"})");
  const SentenceTransformers read = Read();
  EXPECT_EQ(read.default_prompt, "B: ");
  EXPECT_EQ(read.similarity, SimilarityMeasure::kManhattan);
}

TEST_F(SentenceTransformersTest, WhatIsNotSupportedIsNamed) {
  struct Row {
    const char* file;
    const char* text;
    const char* message;
  };
  constexpr Row kRows[] = {
      {"modules.json",
       R"([{"type": "sentence_transformers.models.StaticEmbedding"}])",
       "models.StaticEmbedding"},
      {"modules.json", R"([{"type": "custom.Pooling"}])", "custom.Pooling"},
      {"modules.json", R"([{"type": "sentence_transformers.models.Pooling"}])",
       "Pooling behind nothing"},
      {"modules.json",
       R"([{"type": "sentence_transformers.models.Transformer"}])",
       "expected a Transformer and a Pooling"},
      {"modules.json",
       R"([{"type": "sentence_transformers.models.Transformer"},
           {"type": "sentence_transformers.models.Normalize"}])",
       "Normalize behind Transformer"},
      {"1_Pooling/config.json", R"({"pooling_mode": "median"})",
       "\"pooling_mode\" is \"median\""},
      {"2_Dense/config.json",
       R"({"in_features": 2, "out_features": 3,
           "activation_function": "torch.nn.modules.activation.Sigmoid"})",
       "activation.Sigmoid"},
      {"2_Dense/config.json",
       R"({"in_features": 2, "out_features": 3, "use_residual": true})",
       "use_residual"},
      {"2_Dense/config.json",
       R"({"in_features": 2, "out_features": 3,
           "module_input_name": "token_embeddings"})",
       "token_embeddings"},
      {"config_sentence_transformers.json",
       R"({"similarity_fn_name": "jaccard"})", "jaccard"}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.message);
    Write(row.file, row.text);
    EXPECT_THAT(Refusal(absl::StatusCode::kUnimplemented),
                HasSubstr(row.message));
    Write("modules.json", kOldModules);
    Write("1_Pooling/config.json", "{}");
    Write("2_Dense/config.json", R"({"in_features": 2, "out_features": 3})");
  }
}

TEST_F(SentenceTransformersTest, WhatIsMalformedIsNamed) {
  struct Row {
    const char* file;
    const char* text;
    const char* message;
  };
  constexpr Row kRows[] = {
      {"modules.json", "{}", "expected an array"},
      {"modules.json", R"([{"path": ""}])", "\"type\" is missing"},
      {"modules.json",
       R"([{"type": "sentence_transformers.models.Transformer",
            "path": "../other"}])",
       "\"path\" is \"../other\""},
      {"modules.json",
       R"([{"type": "sentence_transformers.models.Transformer",
            "path": "/etc"}])",
       "\"path\" is \"/etc\""},
      {"1_Pooling/config.json", R"({"pooling_mode": []})", "is empty"},
      {"1_Pooling/config.json", R"({"pooling_mode": 7})", "expected a string"},
      {"2_Dense/config.json", R"({"in_features": 2})", "\"out_features\""},
      {"config_sentence_transformers.json",
       R"({"prompts": {"a": "b"}, "default_prompt_name": "c"})",
       "none of \"prompts\""}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.message);
    Write(row.file, row.text);
    EXPECT_THAT(Refusal(absl::StatusCode::kInvalidArgument),
                HasSubstr(row.message));
    Write("modules.json", kOldModules);
    Write("1_Pooling/config.json", "{}");
    Write("2_Dense/config.json", R"({"in_features": 2, "out_features": 3})");
  }
}

TEST_F(SentenceTransformersTest, MissingFileOfAModuleIsNamed) {
  std::filesystem::remove(folder_.path() + "/1_Pooling/config.json");
  EXPECT_THAT(Refusal(absl::StatusCode::kNotFound),
              HasSubstr("1_Pooling/config.json"));
}

}  // namespace
}  // namespace parley
