#include "engine/models/encoder.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/models/golden_encoder.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Json = nlohmann::json;

// Single precision over a few layers, compared with torch's.
constexpr double kTolerance = 2e-5;
constexpr int kMaxRows = 1024;

struct Input {
  std::vector<int32_t> ids;
  std::vector<uint8_t> segments;
};

std::vector<Input> InputsOf(const std::vector<Json>& rows) {
  std::vector<Input> inputs;
  for (const Json& row : rows) {
    inputs.push_back({row.at("ids").get<std::vector<int32_t>>(),
                      row.at("segments").get<std::vector<uint8_t>>()});
  }
  return inputs;
}

// The hidden states of all layers of some texts: [layer][row * d_model].
std::vector<std::vector<float>> RunStack(const EncoderModel& model,
                                         absl::Span<const Input> inputs,
                                         Activations& activations) {
  EncoderBatch batch(activations.sizes().max_rows);
  for (const Input& input : inputs) {
    batch.Append(input.ids, input.segments, model.config.padding_token);
  }
  const int64_t num_rows = batch.num_rows();
  std::vector<std::vector<float>> hidden;
  model.stack->Run(
      batch,
      [&](int layer) {
        EXPECT_EQ(layer, static_cast<int>(hidden.size()));
        const float* rows = activations.hidden();
        hidden.emplace_back(rows, rows + num_rows * model.config.d_model);
      },
      activations);
  return hidden;
}

class GoldenEncoderTest : public testing::TestWithParam<std::string> {
 protected:
  GoldenEncoderTest()
      : model_(LoadGoldenEncoder(GetParam())),
        inputs_(InputsOf(GoldenEncoderRows(GetParam()))),
        activations_(EncoderActivationSizes(model_->config, kMaxRows)) {}

  const std::unique_ptr<const EncoderModel> model_;
  const std::vector<Input> inputs_;
  Activations activations_;
};

TEST_P(GoldenEncoderTest, HiddenStatesOfEveryLayer) {
  const std::vector<Json> rows = GoldenEncoderRows(GetParam());
  int num_compared = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].contains("hidden")) continue;
    const auto actual = RunStack(*model_, {inputs_[i]}, activations_);
    const auto expected =
        rows[i]["hidden"].get<std::vector<std::vector<double>>>();
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t layer = 0; layer < expected.size(); ++layer) {
      ASSERT_EQ(actual[layer].size(), expected[layer].size());
      for (size_t k = 0; k < expected[layer].size(); ++k) {
        ASSERT_NEAR(actual[layer][k], expected[layer][k], kTolerance)
            << "text " << i << ", layer " << layer << ", number " << k;
        ++num_compared;
      }
    }
  }
  EXPECT_GT(num_compared, 1000);
}

TEST_P(GoldenEncoderTest, CompanyAndOrderChangeNoBit) {
  const size_t d_model = model_->config.d_model;
  std::vector<std::vector<float>> alone;
  for (const Input& input : inputs_) {
    alone.push_back(RunStack(*model_, {input}, activations_).back());
  }
  std::vector<Input> together = inputs_;
  std::reverse(together.begin(), together.end());
  const std::vector<float> all =
      RunStack(*model_, together, activations_).back();
  size_t begin = 0;
  for (size_t i = 0; i < together.size(); ++i) {
    const size_t size = together[i].ids.size() * d_model;
    const std::vector<float> part(all.begin() + begin,
                                  all.begin() + begin + size);
    EXPECT_EQ(part, alone[together.size() - 1 - i]) << i;
    begin += size;
  }
}

// Rows beyond those of the texts are computed along, whatever they hold.
TEST_P(GoldenEncoderTest, SurplusRowsAreNotRead) {
  const std::vector<float> expected =
      RunStack(*model_, {inputs_[2]}, activations_).back();
  const ActivationSizes& sizes = activations_.sizes();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (float* rows :
       {activations_.hidden(), activations_.attended(), activations_.delta()}) {
    std::fill_n(rows, kMaxRows * sizes.d_model, nan);
  }
  std::fill_n(activations_.wide(),
              kMaxRows * std::max(3 * sizes.d_model, sizes.max_ffn_dim), nan);
  EXPECT_EQ(RunStack(*model_, {inputs_[2]}, activations_).back(), expected);
}

TEST_P(GoldenEncoderTest, EveryTensorIsKnown) {
  EXPECT_THAT(model_->unknown_tensors, IsEmpty());
  EXPECT_GT(model_->num_parameters, 10000);
}

std::string TestName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Transformers, GoldenEncoderTest,
                         testing::ValuesIn(GoldenEncoders()), TestName);

TEST(LoadEncoderTest, NamesEveryMissingTensor) {
  EncoderConfig config = GoldenEncoderConfig("roberta-masked-lm");
  config.num_layers = 3;
  config.num_segments = 2;
  auto file = OpenModelWeights(GoldenEncoderPath("roberta-masked-lm"));
  ASSERT_TRUE(file.ok());
  const absl::Status status =
      LoadEncoder(config, std::move(*file), {}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(
      std::string(status.message()),
      testing::AllOf(
          testing::HasSubstr("token_type_embeddings.weight has shape [1, 24], "
                             "expected [2, 24]"),
          testing::HasSubstr(
              "roberta.encoder.layer.2.attention.self.query.weight"),
          testing::HasSubstr("roberta.encoder.layer.2.output.LayerNorm.bias")));
}

TEST(LoadEncoderTest, ProgressRises) {
  std::vector<double> progress;
  auto file = OpenModelWeights(GoldenEncoderPath("bert-pretraining"));
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(
      LoadEncoder(GoldenEncoderConfig("bert-pretraining"), std::move(*file),
                  {.progress = [&](double done) { progress.push_back(done); }})
          .ok());
  EXPECT_THAT(progress, ElementsAre(testing::DoubleEq(0.45),
                                    testing::DoubleEq(0.9), 1.0));
}

}  // namespace
}  // namespace parley
