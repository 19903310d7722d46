#include "engine/runtime/dense_layers.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/layers/thread_team.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

constexpr char kDirectory[] = "tests/goldens/encoder/mpnet-sentences/2_Dense";

DenseModule Module() {
  SetTeamSize(2);
  return {.directory = kDirectory, .in_features = 48, .out_features = 10};
}

// What the numbers are, encoder_engine_test compares with
// sentence-transformers.
TEST(DenseLayersTest, RowsDoNotDependOnTheirCompany) {
  const auto layers = DenseLayers::Load({Module()}, 48);
  ASSERT_TRUE(layers.ok()) << layers.status();
  DenseScratch scratch(*layers);
  EXPECT_EQ(layers->in_features(), 48);
  EXPECT_EQ(layers->out_features(), 10);
  EXPECT_EQ(layers->num_parameters(), 490);
  const auto fill = [&](int row, float value) {
    std::fill_n(scratch.input() + row * 48, 48, value);
  };
  fill(0, 0.25f);
  const float* output = layers->Run(1, scratch);
  const std::vector<float> alone(output, output + 10);
  for (int row = 0; row < DenseLayers::kMaxRows; ++row) {
    fill(row, row == 29 ? 0.25f : 1.0f * row);
  }
  output = layers->Run(DenseLayers::kMaxRows, scratch);
  EXPECT_EQ(std::vector<float>(output + 290, output + 300), alone);
}

TEST(DenseLayersTest, ActivationIsApplied) {
  const auto plain = DenseLayers::Load({Module()}, 48);
  DenseModule module = Module();
  module.activation = kernels::Activation::kRelu;
  const auto positive = DenseLayers::Load({module}, 48);
  ASSERT_TRUE(plain.ok() && positive.ok());
  DenseScratch scratches[] = {DenseScratch(*plain), DenseScratch(*positive)};
  for (DenseScratch& scratch : scratches) {
    std::fill_n(scratch.input(), 48, 1.0f);
  }
  const float* x = plain->Run(1, scratches[0]);
  const float* y = positive->Run(1, scratches[1]);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(y[i], std::max(x[i], 0.0f));
}

TEST(DenseLayersTest, RunsWithScratchesOfTheirOwnDoNotMeet) {
  const auto layers = DenseLayers::Load({Module()}, 48);
  ASSERT_TRUE(layers.ok()) << layers.status();
  DenseScratch first(*layers), second(*layers);
  std::fill_n(first.input(), 48, 1.0f);
  std::fill_n(second.input(), 48, -1.0f);
  const float* x = layers->Run(1, first);
  const std::vector<float> before(x, x + 10);
  const float* y = layers->Run(1, second);
  EXPECT_NE(std::vector<float>(y, y + 10), before);
  EXPECT_EQ(std::vector<float>(x, x + 10), before);
}

TEST(DenseLayersTest, NoModulesNoLayers) {
  const auto layers = DenseLayers::Load({}, 24);
  ASSERT_TRUE(layers.ok());
  EXPECT_TRUE(layers->empty());
}

TEST(DenseLayersTest, WhatDoesNotFitIsNamed) {
  struct Row {
    DenseModule module;
    int width;
    const char* message;
  };
  DenseModule wrong = Module();
  wrong.out_features = 11;
  DenseModule gone = Module();
  gone.directory = "tests/goldens/encoder/gone";
  const Row rows[] = {
      {Module(), 24, "\"in_features\" is 48, expected 24"},
      {wrong, 48, "linear.weight has shape [10, 48], expected [11, 48]"},
      {gone, 48, "has no weights"}};
  for (const Row& row : rows) {
    const absl::Status status =
        DenseLayers::Load({row.module}, row.width).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
  }
  // The second takes what the first gives.
  EXPECT_THAT(
      std::string(
          DenseLayers::Load({Module(), Module()}, 48).status().message()),
      HasSubstr("\"in_features\" is 48, expected 10"));
}

}  // namespace
}  // namespace parley
