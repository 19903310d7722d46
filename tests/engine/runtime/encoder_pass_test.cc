#include "engine/runtime/encoder_pass.h"

#include <memory>
#include <utility>
#include <vector>

#include "engine/kernels/team.h"
#include "engine/layers/thread_team.h"
#include "gtest/gtest.h"
#include "tests/engine/models/golden_encoder.h"

namespace parley {
namespace {

constexpr int kNumThreads = 2;

class EncoderPassTest : public testing::Test {
 protected:
  void SetUp() override {
    SetTeamSize(kNumThreads);
    model_ = LoadGoldenEncoder("bert-pretraining");
    for (int i = 0; i < kNumThreads; ++i) passes_.push_back(NewPass());
    for (int i = 0; i < 16; ++i) {
      tasks_.push_back({.source_ids = std::vector<TokenId>(5 + i, 3 + i)});
    }
    tasks_[3].encode = {.output = EncoderOutput::kMaskedTokens,
                        .positions = {1, 2},
                        .top_k = 4};
    tasks_[9].encode.output = EncoderOutput::kTokenVectors;
  }

  std::unique_ptr<EncoderPass> NewPass() {
    return std::make_unique<EncoderPass>(
        model_.get(),
        EncoderOutputs(model_.get(), {.pooling = {Pooling::kMean}},
                       std::make_shared<const DenseLayers>()),
        512);
  }

  std::vector<EncodedTask> Encoded() {
    std::vector<EncodedTask> encoded(tasks_.size());
    for (size_t i = 0; i < tasks_.size(); ++i) encoded[i].task = &tasks_[i];
    return encoded;
  }

  void ExpectSame(const std::vector<EncodedTask>& some,
                  const std::vector<EncodedTask>& others) {
    for (size_t i = 0; i < tasks_.size(); ++i) {
      EXPECT_TRUE(some[i].status.ok()) << some[i].status;
      EXPECT_EQ(some[i].result.values, others[i].result.values) << i;
      ASSERT_EQ(some[i].result.masked_tokens.size(),
                others[i].result.masked_tokens.size());
      for (size_t k = 0; k < some[i].result.masked_tokens.size(); ++k) {
        const auto& tokens = some[i].result.masked_tokens[k];
        const auto& others_tokens = others[i].result.masked_tokens[k];
        ASSERT_EQ(tokens.size(), others_tokens.size());
        for (size_t t = 0; t < tokens.size(); ++t) {
          EXPECT_EQ(tokens[t].id, others_tokens[t].id);
          EXPECT_EQ(tokens[t].log_prob, others_tokens[t].log_prob);
        }
      }
    }
  }

  std::unique_ptr<const EncoderModel> model_;
  std::vector<std::unique_ptr<EncoderPass>> passes_;
  std::vector<Task> tasks_;
};

TEST_F(EncoderPassTest, LeavesNothingForTheNext) {
  std::vector<EncodedTask> first = Encoded();
  passes_[0]->Run(absl::MakeSpan(first));
  std::vector<EncodedTask> again = Encoded();
  for (size_t i = 0; i < again.size(); i += 4) {
    passes_[0]->Run(absl::MakeSpan(again).subspan(i, 4));
  }
  ExpectSame(again, first);
}

TEST_F(EncoderPassTest, ThreadsOfATeamRunTheirOwnSideBySide) {
  std::vector<EncodedTask> by_the_team = Encoded();
  passes_[0]->Run(absl::MakeSpan(by_the_team));
  std::vector<EncodedTask> side_by_side = Encoded();
  kernels::ForEachItem(8, [&](int64_t i) {
    passes_[kernels::TeamThread()]->Run(
        absl::MakeSpan(side_by_side).subspan(2 * i, 2));
  });
  ExpectSame(side_by_side, by_the_team);
}

}  // namespace
}  // namespace parley
