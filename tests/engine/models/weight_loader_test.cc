#include "engine/models/weight_loader.h"

#include <memory>
#include <string>
#include <vector>

#include "engine/layers/thread_team.h"
#include "engine/models/marian_tensors.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

class WeightLoaderTest : public testing::Test {
 protected:
  void SetUp() override {
    SetTeamSize(2);
    auto config = ReadMarianConfig("models/demo");
    ASSERT_TRUE(config.ok()) << config.status();
    auto file = OpenModelWeights("models/demo");
    ASSERT_TRUE(file.ok()) << file.status();
    auto tensors = TensorMap::Bind(MarianTensors(*config), std::move(*file));
    ASSERT_TRUE(tensors.ok()) << tensors.status();
    tensors_ = std::make_unique<TensorMap>(std::move(*tensors));
  }

  // Column `in` of a weight, plus the bias: what the unit vector gives.
  std::vector<float> Column(const std::string& name, int in) {
    const FloatBuffer weight = tensors_->Load(name + ".weight");
    const FloatBuffer bias = tensors_->Load(name + ".bias");
    const int64_t in_features = weight.size() / bias.size();
    std::vector<float> column;
    for (int64_t o = 0; o < bias.size(); ++o) {
      column.push_back(weight.data()[o * in_features + in] + bias.data()[o]);
    }
    return column;
  }

  static std::vector<float> Apply(const kernels::Linear& linear, int in) {
    FloatBuffer x(kernels::RoundUpRows(1) * linear.shape().in_features);
    x.data()[in] = 1;
    FloatBuffer y(kernels::RoundUpRows(1) * linear.shape().out_features);
    linear.Run(x.data(), 1, y.data());
    return {y.data(), y.data() + linear.shape().out_features};
  }

  std::unique_ptr<TensorMap> tensors_;
};

TEST_F(WeightLoaderTest, QueryKeyAndValueStandBesideEachOther) {
  auto weights = WeightLoader(*tensors_).LoadSelfAttention("decoder.layers.1",
                                                           /*epsilon=*/1e-5f);
  ASSERT_TRUE(weights.ok()) << weights.status();
  std::vector<float> expected;
  for (const char* part : {"query", "key", "value"}) {
    const auto column =
        Column(std::string("decoder.layers.1.self_attention.") + part, 17);
    expected.insert(expected.end(), column.begin(), column.end());
  }
  const auto actual = Apply(*weights->query_key_value, 17);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    ASSERT_FLOAT_EQ(actual[i], expected[i]) << i;
  }
}

TEST_F(WeightLoaderTest, KeyAndValueOfTheSourceStandBesideEachOther) {
  auto weights = WeightLoader(*tensors_).LoadCrossAttention("decoder.layers.0",
                                                            /*epsilon=*/1e-5f);
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_EQ(weights->key_value->shape().out_features, 512);
  const auto actual = Apply(*weights->key_value, 3);
  const auto value = Column("decoder.layers.0.cross_attention.value", 3);
  for (size_t i = 0; i < value.size(); ++i) {
    ASSERT_FLOAT_EQ(actual[256 + i], value[i]) << i;
  }
}

TEST_F(WeightLoaderTest, FeedForwardAndNorm) {
  auto weights = WeightLoader(*tensors_).LoadFeedForward("encoder.layers.2",
                                                         /*epsilon=*/1e-6f);
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_EQ(weights->input->shape().out_features, 768);
  EXPECT_EQ(weights->output->shape().in_features, 768);
  EXPECT_EQ(weights->norm.epsilon, 1e-6f);
  const FloatBuffer scale =
      tensors_->Load("encoder.layers.2.feed_forward_norm.weight");
  EXPECT_EQ(weights->norm.scale.span(), scale.span());
}

}  // namespace
}  // namespace parley
