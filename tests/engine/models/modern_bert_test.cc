#include "engine/models/modern_bert.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/models/golden_encoder.h"

namespace parley {
namespace {

// With local layers alone, a token has no influence beyond the sum of their
// windows. (What the numbers are, encoder_test compares with transformers.)
TEST(ModernBertTest, LocalLayersSeeTheirWindowOnly) {
  EncoderConfig config = GoldenEncoderConfig("modernbert-masked-lm");
  config.modern_bert.is_global.assign(config.num_layers, false);
  const TensorMap tensors = GoldenEncoderTensors("modernbert-masked-lm");
  WeightLoader loader(tensors);
  const auto stack = LoadModernBertStack(config, loader, [](double) {});
  ASSERT_TRUE(stack.ok()) << stack.status();
  Activations activations({.max_rows = 160,
                           .d_model = config.d_model,
                           .max_ffn_dim = 2 * config.ffn_dim});
  const auto run = [&](const std::vector<int32_t>& ids) {
    EncoderBatch batch(160);
    batch.Append(ids);
    (*stack)->Run(
        batch, [](int) {}, activations);
    return std::vector<float>(
        activations.hidden(),
        activations.hidden() + ids.size() * config.d_model);
  };
  std::vector<int32_t> ids(150, 7);
  const std::vector<float> before = run(ids);
  ids[149] = 8;
  const std::vector<float> after = run(ids);
  const int reach = config.num_layers * config.modern_bert.window;
  const auto first_changed =
      std::mismatch(before.begin(), before.end(), after.begin()).first -
      before.begin();
  EXPECT_EQ(first_changed / config.d_model, 149 - reach);
}

}  // namespace
}  // namespace parley
