#include "engine/runtime/encoder_outputs.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/models/golden_encoder.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Two texts of two tokens, hidden states of our own making.
class EncoderOutputsTest : public testing::Test {
 protected:
  EncoderOutputsTest()
      : model_(LoadGoldenEncoder("bert-pretraining")),
        outputs_(model_.get(), {.pooling = {Pooling::kMean}},
                 std::make_shared<const DenseLayers>()),
        hidden_(4 * model_->config.d_model, 0.5f),
        tasks_(2, Task{.source_ids = {1, 2}}) {}

  std::vector<EncodedTask> Finish() {
    std::vector<EncodedTask> encoded = {
        {.task = &tasks_[0], .rows = {.begin = 0, .length = 2}},
        {.task = &tasks_[1], .rows = {.begin = 2, .length = 2}}};
    for (int layer = 0; layer <= 2; ++layer) {
      outputs_.Observe(layer, hidden_.data(), absl::MakeSpan(encoded));
    }
    outputs_.Finish(hidden_.data(), absl::MakeSpan(encoded));
    return encoded;
  }

  const std::unique_ptr<const EncoderModel> model_;
  EncoderOutputs outputs_;
  std::vector<float> hidden_;
  std::vector<Task> tasks_;
};

TEST_F(EncoderOutputsTest, NumbersThatAreNotFiniteFailTheirTaskOnly) {
  for (const EncoderOutput output :
       {EncoderOutput::kVector, EncoderOutput::kTokenVectors,
        EncoderOutput::kNextSentence, EncoderOutput::kMaskedTokens}) {
    for (const float bad : {kNan, std::numeric_limits<float>::infinity()}) {
      // Its tanh makes a finite number of an infinite one.
      if (output == EncoderOutput::kNextSentence && !std::isnan(bad)) continue;
      for (Task& task : tasks_) {
        task.encode = {.output = output, .positions = {0}, .top_k = 3};
      }
      hidden_[2 * model_->config.d_model + 5] = bad;
      const std::vector<EncodedTask> encoded = Finish();
      EXPECT_TRUE(encoded[0].status.ok()) << encoded[0].status;
      EXPECT_TRUE(absl::IsInternal(encoded[1].status)) << encoded[1].status;
      EXPECT_THAT(std::string(encoded[1].status.message()),
                  HasSubstr("not finite"));
    }
  }
}

TEST_F(EncoderOutputsTest, TasksOfEveryKindShareAPass) {
  tasks_[0].encode = {
      .output = EncoderOutput::kMaskedTokens, .positions = {1, 0}, .top_k = 4};
  tasks_[1].encode = {.output = EncoderOutput::kTokenVectors,
                      .layers = {2, 0},
                      .layer_join = LayerJoin::kSum};
  const std::vector<EncodedTask> encoded = Finish();
  ASSERT_EQ(encoded[0].result.masked_tokens.size(), 2u);
  EXPECT_EQ(encoded[0].result.masked_tokens[1].size(), 4u);
  EXPECT_TRUE(encoded[0].result.values.empty());
  EXPECT_EQ(encoded[1].result.values,
            std::vector<float>(2 * model_->config.d_model, 1.0f));
}

// More rows than a run of the head takes.
TEST_F(EncoderOutputsTest, ManyPositionsOfOneTask) {
  const int count = 2 * HeadScratch::kMaxRows + 7;
  tasks_[0].encode = {.output = EncoderOutput::kMaskedTokens, .top_k = 2};
  tasks_[0].encode.positions.assign(count, 1);
  const std::vector<EncodedTask> encoded = Finish();
  ASSERT_EQ(encoded[0].result.masked_tokens.size(), static_cast<size_t>(count));
  for (const std::vector<ScoredToken>& top : encoded[0].result.masked_tokens) {
    ASSERT_EQ(top.size(), 2u);
    EXPECT_EQ(top[0].id, encoded[0].result.masked_tokens[0][0].id);
    EXPECT_EQ(top[0].log_prob, encoded[0].result.masked_tokens[0][0].log_prob);
  }
}

}  // namespace
}  // namespace parley
