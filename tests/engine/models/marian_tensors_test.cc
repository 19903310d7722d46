#include "engine/models/marian_tensors.h"

#include <memory>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/models/random_marian_directory.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

MarianConfig DemoConfig() {
  auto config = ReadMarianConfig("models/demo");
  EXPECT_TRUE(config.ok()) << config.status();
  return *config;
}

const TensorRow* FindRow(const std::vector<TensorRow>& table,
                         const std::string& name) {
  for (const TensorRow& row : table) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

TEST(MarianTensorsTest, NamesEachTensorOnce) {
  std::set<std::string> names;
  for (const TensorRow& row : MarianTensors(DemoConfig())) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
  // 16 per encoder layer, 26 per decoder layer, 2 x 2 embeddings, the bias.
  EXPECT_EQ(names.size(), 4u * 16 + 2 * 26 + 4 + 1);
}

TEST(MarianTensorsTest, CoversTheDemoCheckpoint) {
  auto file = OpenModelWeights("models/demo");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto tensors =
      TensorMap::Bind(MarianTensors(DemoConfig()), std::move(*file));
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  EXPECT_THAT(tensors->extra(), IsEmpty());
}

TEST(MarianTensorsTest, LinearWeightsAreOutByIn) {
  const auto table = MarianTensors(DemoConfig());
  const TensorRow* row =
      FindRow(table, "encoder.layers.3.feed_forward.input.weight");
  ASSERT_NE(row, nullptr);
  EXPECT_THAT(row->checkpoint_names,
              ElementsAre("model.encoder.layers.3.fc1.weight"));
  EXPECT_THAT(row->shape, ElementsAre(768, 256));
}

TEST(MarianTensorsTest, SharedTableHasSeveralNames) {
  const auto table = MarianTensors(DemoConfig());
  EXPECT_THAT(
      FindRow(table, "encoder.embeddings.token.weight")->checkpoint_names,
      ElementsAre("model.shared.weight", "model.encoder.embed_tokens.weight",
                  "model.decoder.embed_tokens.weight", "lm_head.weight"));
}

TEST(MarianTensorsTest, SeparateTablesKeepTheirOwn) {
  MarianConfig config = DemoConfig();
  config.shares_embeddings = false;
  config.ties_output = false;
  config.encoder.vocab_size = 9000;
  const auto table = MarianTensors(config);
  const TensorRow* encoder = FindRow(table, "encoder.embeddings.token.weight");
  EXPECT_THAT(encoder->checkpoint_names,
              ElementsAre("model.encoder.embed_tokens.weight"));
  EXPECT_THAT(encoder->shape, ElementsAre(9000, 256));
  const TensorRow* decoder = FindRow(table, "decoder.embeddings.token.weight");
  EXPECT_THAT(decoder->checkpoint_names,
              ElementsAre("model.decoder.embed_tokens.weight"));
  EXPECT_THAT(FindRow(table, "output.weight")->checkpoint_names,
              ElementsAre("lm_head.weight"));
}

}  // namespace
}  // namespace parley
