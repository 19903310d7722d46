#include "engine/models/encoder_tensors.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsNull;

EncoderConfig Config(EncoderFamily family) {
  EncoderConfig config;
  config.family = family;
  config.num_layers = 2;
  config.num_heads = 3;
  config.d_model = config.embedding_dim = 24;
  config.ffn_dim = 40;
  config.vocab_size = 120;
  config.num_positions = 64;
  config.num_segments = 2;
  return config;
}

const TensorRow* Find(const std::vector<TensorRow>& table,
                      const std::string& name) {
  for (const TensorRow& row : table) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

TEST(EncoderTensorsTest, BertWithAndWithoutItsPrefixAndByItsOldNames) {
  const auto table = EncoderTensors(Config(EncoderFamily::kBert));
  const TensorRow* query =
      Find(table, "encoder.layers.1.self_attention.query.weight");
  ASSERT_NE(query, nullptr);
  EXPECT_THAT(query->checkpoint_names,
              ElementsAre("bert.encoder.layer.1.attention.self.query.weight",
                          "encoder.layer.1.attention.self.query.weight"));
  EXPECT_EQ(query->shape, (Shape{24, 24}));
  EXPECT_TRUE(query->required);
  const TensorRow* norm = Find(table, "embeddings.norm.bias");
  ASSERT_NE(norm, nullptr);
  EXPECT_THAT(
      norm->checkpoint_names,
      ElementsAre("bert.embeddings.LayerNorm.bias", "embeddings.LayerNorm.bias",
                  "bert.embeddings.LayerNorm.beta",
                  "embeddings.LayerNorm.beta"));
  EXPECT_FALSE(Find(table, "pooler.weight")->required);
  EXPECT_FALSE(Find(table, "masked_tokens.dense.weight")->required);
  EXPECT_THAT(Find(table, "classifier.output.weight"), IsNull());
}

TEST(EncoderTensorsTest, EachFamilyHasItsNames) {
  struct Row {
    EncoderFamily family;
    const char* name;
    const char* checkpoint_name;
  };
  constexpr Row kRows[] = {
      {EncoderFamily::kDistilBert, "encoder.layers.0.feed_forward.input.bias",
       "distilbert.transformer.layer.0.ffn.lin1.bias"},
      {EncoderFamily::kDistilBert, "masked_tokens.output.bias",
       "vocab_projector.bias"},
      {EncoderFamily::kRoberta, "embeddings.segment.weight",
       "roberta.embeddings.token_type_embeddings.weight"},
      {EncoderFamily::kRoberta, "masked_tokens.norm.weight",
       "lm_head.layer_norm.weight"},
      {EncoderFamily::kRoberta, "masked_tokens.output.bias", "lm_head.bias"},
      {EncoderFamily::kMpnet, "encoder.layers.1.self_attention.output.weight",
       "mpnet.encoder.layer.1.attention.attn.o.weight"},
      {EncoderFamily::kMpnet, "encoder.layers.1.self_attention_norm.weight",
       "mpnet.encoder.layer.1.attention.LayerNorm.weight"},
      {EncoderFamily::kElectra, "masked_tokens.dense.weight",
       "generator_predictions.dense.weight"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.checkpoint_name);
    const auto table = EncoderTensors(Config(row.family));
    const TensorRow* found = Find(table, row.name);
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->checkpoint_names, Contains(row.checkpoint_name));
  }
}

TEST(EncoderTensorsTest, HeadsThatAreAskedForAreRequired) {
  EncoderConfig config = Config(EncoderFamily::kBert);
  config.heads = {.classifies = true, .labels = {"a", "b", "c"}};
  auto table = EncoderTensors(config);
  EXPECT_TRUE(Find(table, "pooler.weight")->required);
  EXPECT_EQ(Find(table, "classifier.output.weight")->shape, (Shape{3, 24}));
  EXPECT_THAT(Find(table, "classifier.dense.weight"), IsNull());
  config.family = EncoderFamily::kRoberta;
  table = EncoderTensors(config);
  EXPECT_FALSE(Find(table, "pooler.weight")->required);
  EXPECT_THAT(Find(table, "classifier.output.bias")->checkpoint_names,
              ElementsAre("classifier.out_proj.bias"));
  config.heads = {.fills_masks = true};
  EXPECT_TRUE(
      Find(EncoderTensors(config), "masked_tokens.output.bias")->required);
}

TEST(EncoderTensorsTest, ATiedTableHasEitherName) {
  EncoderConfig config = Config(EncoderFamily::kBert);
  auto table = EncoderTensors(config);
  EXPECT_THAT(Find(table, "masked_tokens.output.weight")->checkpoint_names,
              ElementsAre("cls.predictions.decoder.weight",
                          "bert.embeddings.word_embeddings.weight",
                          "embeddings.word_embeddings.weight"));
  EXPECT_THAT(Find(table, "embeddings.token.weight")->checkpoint_names,
              Contains("cls.predictions.decoder.weight"));
  config.ties_output = false;
  table = EncoderTensors(config);
  EXPECT_THAT(Find(table, "masked_tokens.output.weight")->checkpoint_names,
              ElementsAre("cls.predictions.decoder.weight"));
}

TEST(EncoderTensorsTest, PartsThatSomeHave) {
  EncoderConfig config = Config(EncoderFamily::kElectra);
  config.embedding_dim = 16;
  auto table = EncoderTensors(config);
  EXPECT_EQ(Find(table, "embeddings.projection.weight")->shape,
            (Shape{24, 16}));
  EXPECT_EQ(Find(table, "masked_tokens.output.weight")->shape,
            (Shape{120, 16}));
  config = Config(EncoderFamily::kMpnet);
  config.num_segments = 0;
  config.num_relative_buckets = 32;
  table = EncoderTensors(config);
  EXPECT_THAT(Find(table, "embeddings.segment.weight"), IsNull());
  EXPECT_EQ(Find(table, "encoder.relative_bias.weight")->shape, (Shape{32, 3}));
}

TEST(EncoderTensorsTest, EveryNameOnce) {
  for (const auto family : {EncoderFamily::kBert, EncoderFamily::kDistilBert,
                            EncoderFamily::kRoberta, EncoderFamily::kMpnet,
                            EncoderFamily::kElectra}) {
    std::vector<std::string> names;
    for (const TensorRow& row : EncoderTensors(Config(family))) {
      names.push_back(row.name);
    }
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  }
}

TEST(WithoutBuffersTest, LeavesOutPositionIds) {
  EXPECT_THAT(WithoutBuffers({"bert.embeddings.position_ids", "qa.weight",
                              "embeddings.token_type_ids"}),
              ElementsAre("qa.weight"));
}

}  // namespace
}  // namespace parley
