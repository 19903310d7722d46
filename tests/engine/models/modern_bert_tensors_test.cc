#include "engine/models/modern_bert_tensors.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/models/golden_encoder.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNull;

const TensorRow* Find(const std::vector<TensorRow>& table,
                      const std::string& name) {
  for (const TensorRow& row : table) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

TEST(ModernBertTensorsTest, NamesAndShapes) {
  const auto table =
      ModernBertTensors(GoldenEncoderConfig("modernbert-masked-lm"));
  const TensorRow* input =
      Find(table, "encoder.layers.1.feed_forward.input.weight");
  ASSERT_NE(input, nullptr);
  EXPECT_THAT(
      input->checkpoint_names,
      ElementsAre("model.layers.1.mlp.Wi.weight", "layers.1.mlp.Wi.weight"));
  EXPECT_EQ(input->shape, (Shape{80, 24}));
  // The first layer's input is normalized by the embeddings.
  EXPECT_THAT(Find(table, "encoder.layers.0.self_attention_norm.weight"),
              IsNull());
  EXPECT_NE(Find(table, "encoder.layers.1.self_attention_norm.weight"),
            nullptr);
  EXPECT_THAT(Find(table, "encoder.norm.bias"), IsNull());
  EXPECT_TRUE(Find(table, "masked_tokens.output.bias")->required);
  EXPECT_THAT(
      Find(table, "masked_tokens.output.weight")->checkpoint_names,
      ElementsAre("decoder.weight", "model.embeddings.tok_embeddings.weight",
                  "embeddings.tok_embeddings.weight"));
}

TEST(ModernBertTensorsTest, BiasesByConfiguration) {
  const auto table =
      ModernBertTensors(GoldenEncoderConfig("modernbert-classifier"));
  for (const char* name :
       {"encoder.norm.bias",
        "encoder.layers.0.self_attention.query_key_value.bias",
        "encoder.layers.3.feed_forward.input.bias", "classifier.dense.bias",
        "classifier.output.bias"}) {
    EXPECT_NE(Find(table, name), nullptr) << name;
  }
  EXPECT_THAT(Find(table, "masked_tokens.dense.weight"), IsNull());
}

}  // namespace
}  // namespace parley
