#include "engine/runtime/encode_check.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/models/golden_encoder.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

class EncodeCheckTest : public testing::Test {
 protected:
  // BERT with both heads of pre-training: 160 positions, 120 tokens, 2 segments
  // and 2 layers.
  const std::unique_ptr<const EncoderModel> model_ =
      LoadGoldenEncoder("bert-pretraining");
  VectorDefaults defaults_ = {.pooling = {Pooling::kMean}};
  Task task_ = {.source_ids = {1, 2, 3}};

  void ExpectOk() {
    const absl::Status status = CheckEncodeTask(task_, *model_, defaults_);
    EXPECT_TRUE(status.ok()) << status;
  }

  void ExpectRefused(const std::string& message) {
    const absl::Status status = CheckEncodeTask(task_, *model_, defaults_);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
};

TEST_F(EncodeCheckTest, Tokens) {
  ExpectOk();
  task_.source_ids = {};
  ExpectRefused("there are no tokens");
  task_.source_ids.assign(161, 1);
  ExpectRefused("the number of tokens is 161, expected 1 to 160");
  task_.source_ids = {1, 120};
  ExpectRefused("a token id is 120, expected 0 to 119");
  task_.source_ids = {-1};
  ExpectRefused("a token id is -1");
}

TEST_F(EncodeCheckTest, Segments) {
  task_.encode.segment_ids = {0, 1, 1};
  ExpectOk();
  task_.encode.segment_ids = {0, 1};
  ExpectRefused("there are 2 segment ids, expected 3");
  task_.encode.segment_ids = {0, 1, 2};
  ExpectRefused("a segment id is 2, expected 0 to 1");
}

TEST_F(EncodeCheckTest, ModelsWithoutSegmentsHaveOne) {
  const auto model = LoadGoldenEncoder("distilbert-classifier");
  task_.encode.segment_ids = {0, 0, 0};
  EXPECT_TRUE(CheckEncodeTask(task_, *model, defaults_).ok());
  task_.encode.segment_ids = {0, 0, 1};
  EXPECT_THAT(std::string(CheckEncodeTask(task_, *model, defaults_).message()),
              HasSubstr("expected 0 to 0"));
}

TEST_F(EncodeCheckTest, Pooling) {
  task_.encode.num_unpooled_tokens = 2;
  ExpectOk();
  task_.encode.num_unpooled_tokens = 3;
  ExpectRefused("that are not pooled is 3, expected 0 to 2");
  task_.encode.num_unpooled_tokens = -1;
  ExpectRefused("that are not pooled is -1");
  task_.encode.num_unpooled_tokens = 0;
  task_.encode.pooling.assign(2, Pooling::kCls);
  ExpectOk();
  defaults_.num_poolings = 1;
  ExpectRefused("the pooling has 2 parts, but the model's dense layers take 1");
  task_.encode.pooling.assign(1, Pooling::kCls);
  ExpectOk();
  defaults_.num_poolings = 0;
  task_.encode.pooling.assign(17, Pooling::kCls);
  ExpectRefused("the number of poolings is 17");
}

TEST_F(EncodeCheckTest, Layers) {
  task_.encode.output = EncoderOutput::kTokenVectors;
  ExpectOk();
  task_.encode.layers = {0, 2};
  ExpectOk();
  task_.encode.layers = {3};
  ExpectRefused("a layer is 3, expected 0 to 2");
  task_.encode.layers = {-1};
  ExpectRefused("a layer is -1");
  task_.encode.layers = {0, 0, 0, 0};
  ExpectRefused("the number of layers is 4, expected 0 to 3");
}

TEST_F(EncodeCheckTest, MaskedTokens) {
  task_.encode.output = EncoderOutput::kMaskedTokens;
  task_.encode.positions = {2, 0};
  task_.encode.top_k = 120;
  ExpectOk();
  task_.encode.top_k = 121;
  ExpectRefused("top_k is 121, expected 1 to 120");
  task_.encode.top_k = 0;
  ExpectRefused("top_k is 0");
  task_.encode.top_k = 1;
  task_.encode.positions = {3};
  ExpectRefused("a position is 3, expected 0 to 2");
  task_.encode.positions = {};
  ExpectRefused("the number of positions is 0");
}

TEST_F(EncodeCheckTest, HeadsThatAreNotThere) {
  task_.encode.output = EncoderOutput::kNextSentence;
  ExpectOk();
  task_.encode.output = EncoderOutput::kLabels;
  ExpectRefused("the model has no classification head");
  const auto model = LoadGoldenEncoder("xlm-roberta-base");
  task_.encode.output = EncoderOutput::kNextSentence;
  EXPECT_THAT(std::string(CheckEncodeTask(task_, *model, defaults_).message()),
              HasSubstr("no next sentence head"));
  task_.encode.output = EncoderOutput::kMaskedTokens;
  EXPECT_THAT(std::string(CheckEncodeTask(task_, *model, defaults_).message()),
              HasSubstr("no masked language model head"));
}

}  // namespace
}  // namespace parley
