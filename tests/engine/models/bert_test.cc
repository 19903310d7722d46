#include "engine/models/bert.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/models/golden_encoder.h"

namespace parley {
namespace {

// Distances up to 7 have a bucket each, then the ranges grow to 128.
TEST(RelativeBucketTest, GrowsWithTheDistance) {
  for (int distance = 0; distance < 8; ++distance) {
    EXPECT_EQ(RelativeBucket(distance), distance);
  }
  struct Row {
    int distance;
    int bucket;
  };
  // Each first distance of a bucket: 8 * 16^(k / 8).
  constexpr Row kRows[] = {{8, 8},    {11, 8},   {12, 9},   {15, 9},   {16, 10},
                           {22, 10},  {23, 11},  {31, 11},  {32, 12},  {45, 12},
                           {46, 13},  {63, 13},  {64, 14},  {90, 14},  {91, 15},
                           {127, 15}, {128, 15}, {511, 15}, {5000, 15}};
  for (const Row& row : kRows) {
    EXPECT_EQ(RelativeBucket(row.distance), row.bucket) << row.distance;
    EXPECT_EQ(RelativeBucket(-row.distance), row.bucket + 16) << row.distance;
  }
}

std::vector<float> FirstHidden(const std::string& name,
                               const std::vector<int32_t>& ids) {
  const TensorMap tensors = GoldenEncoderTensors(name);
  const EncoderConfig config = GoldenEncoderConfig(name);
  WeightLoader loader(tensors);
  auto stack = LoadBertStack(config, loader, [](double) {});
  EXPECT_TRUE(stack.ok()) << stack.status();
  Activations activations({.max_rows = 64,
                           .d_model = config.d_model,
                           .max_ffn_dim = config.ffn_dim});
  std::vector<float> first;
  EncoderBatch batch(64);
  batch.Append(ids, {}, config.padding_token);
  (*stack)->Run(
      batch,
      [&](int layer) {
        if (layer > 0) return;
        first.assign(activations.hidden(),
                     activations.hidden() + ids.size() * config.d_model);
      },
      activations);
  return first;
}

TEST(BertStackTest, PaddingOfRobertaHasAPositionOfItsOwn) {
  // Token 5 is padding: it counts for nothing, wherever it stands.
  const int d_model = 24;
  const std::vector<float> with =
      FirstHidden("xlm-roberta-base", {7, 5, 8, 5, 9});
  const std::vector<float> without = FirstHidden("xlm-roberta-base", {7, 8, 9});
  const auto row = [&](const std::vector<float>& rows, int i) {
    return std::vector<float>(rows.begin() + i * d_model,
                              rows.begin() + (i + 1) * d_model);
  };
  EXPECT_EQ(row(with, 0), row(without, 0));
  EXPECT_EQ(row(with, 2), row(without, 1));
  EXPECT_EQ(row(with, 4), row(without, 2));
  EXPECT_EQ(row(with, 1), row(with, 3));
}

TEST(BertStackTest, PositionsOfBertCountEveryToken) {
  const std::vector<float> twice = FirstHidden("bert-classifier", {0, 0});
  EXPECT_NE(std::vector<float>(twice.begin(), twice.begin() + 24),
            std::vector<float>(twice.begin() + 24, twice.end()));
}

TEST(BertStackTest, LongestSequenceUsesTheLastPosition) {
  const EncoderConfig config = GoldenEncoderConfig("mpnet-sentences");
  EXPECT_EQ(config.max_tokens(), 158);
  const auto model = LoadGoldenEncoder("mpnet-sentences");
  Activations activations(EncoderActivationSizes(config, 256));
  const std::vector<int32_t> ids(config.max_tokens(), 3);
  EncoderBatch batch(256);
  batch.Append(ids, {}, config.padding_token);
  model->stack->Run(
      batch, [](int) {}, activations);
  for (int i = 0; i < config.max_tokens() * config.d_model; ++i) {
    ASSERT_TRUE(std::isfinite(activations.hidden()[i]));
  }
}

}  // namespace
}  // namespace parley
