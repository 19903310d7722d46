#include "engine/models/encoder_heads.h"

#include "gtest/gtest.h"
#include "tests/engine/models/golden_encoder.h"

namespace parley {
namespace {

struct Expected {
  const char* name;
  int num_labels;  // 0: no classifier.
  bool has_next_sentence;
  int masked_width;  // Of the layer before the vocabulary; 0: no such head.
};

TEST(EncoderHeadsTest, OnlyThoseThatAreThere) {
  constexpr Expected kRows[] = {{"bert-pretraining", 0, true, 24},
                                {"bert-classifier", 3, false, 0},
                                {"bert-next-sentence", 0, true, 0},
                                {"distilbert-masked-lm", 0, false, 24},
                                {"distilbert-classifier", 3, false, 0},
                                {"roberta-classifier", 1, false, 0},
                                {"xlm-roberta-base", 0, false, 0},
                                {"camembert-masked-lm", 0, false, 24},
                                {"electra-masked-lm", 0, false, 16},
                                {"electra-classifier", 3, false, 0},
                                {"modernbert-masked-lm", 0, false, 24},
                                {"modernbert-classifier", 3, false, 0}};
  for (const Expected& expected : kRows) {
    SCOPED_TRACE(expected.name);
    const TensorMap tensors = GoldenEncoderTensors(expected.name);
    WeightLoader loader(tensors);
    const auto heads =
        LoadEncoderHeads(GoldenEncoderConfig(expected.name), loader);
    ASSERT_TRUE(heads.ok()) << heads.status();
    EXPECT_EQ(heads->classifier ? heads->classifier->width() : 0,
              expected.num_labels);
    EXPECT_EQ(heads->next_sentence.has_value(), expected.has_next_sentence);
    EXPECT_EQ(heads->masked_tokens ? heads->masked_tokens->inner_dim() : 0,
              expected.masked_width);
    if (heads->masked_tokens) {
      EXPECT_EQ(heads->masked_tokens->width(), 120);
    }
  }
}

// Without an architecture that asks for it, a head that is there is used all
// the same, but for classifiers.
TEST(EncoderHeadsTest, StoredHeadsOfABaseModelAreUsed) {
  EncoderConfig config = GoldenEncoderConfig("bert-pretraining");
  config.heads = {};
  const TensorMap tensors = GoldenEncoderTensors("bert-pretraining");
  WeightLoader loader(tensors);
  const auto heads = LoadEncoderHeads(config, loader);
  ASSERT_TRUE(heads.ok());
  EXPECT_TRUE(heads->masked_tokens.has_value());
  EXPECT_TRUE(heads->next_sentence.has_value());
}

}  // namespace
}  // namespace parley
