#include "server/rpc/item_messages.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ItemMessagesTest, TakesItems) {
  v1::EmbedRequest request;
  request.add_texts("one");
  request.add_texts("");
  EXPECT_THAT(ToTexts(request.mutable_texts()), ElementsAre("one", ""));

  request.add_pairs()->set_first("a");
  request.add_pairs()->set_second("");
  const std::vector<TextPair> pairs = ToPairs(request.mutable_pairs());
  ASSERT_EQ(pairs.size(), 2);
  EXPECT_EQ(pairs[0].first, "a");
  EXPECT_EQ(pairs[0].second, std::nullopt);
  EXPECT_EQ(pairs[1].first, std::nullopt);
  EXPECT_EQ(pairs[1].second, "");  // Empty, but set.

  v1::TokenInput& input = *request.add_inputs();
  input.add_token_ids(7);
  input.add_token_ids(-1);
  input.add_segment_ids(300);
  request.add_inputs();
  const std::vector<TokenInput> inputs = ToInputs(request.mutable_inputs());
  ASSERT_EQ(inputs.size(), 2);
  EXPECT_THAT(inputs[0].token_ids, ElementsAre(7, -1));
  EXPECT_THAT(inputs[0].segment_ids, ElementsAre(300));
  EXPECT_THAT(inputs[1].token_ids, IsEmpty());
}

TEST(ItemMessagesTest, TakesLimits) {
  v1::TokenLimits proto;
  EXPECT_EQ(ToTokenLimits(proto, "limits")->max_tokens, std::nullopt);
  EXPECT_EQ(ToTokenLimits(proto, "limits")->truncation, std::nullopt);
  proto.set_max_tokens(0);
  EXPECT_EQ(ToTokenLimits(proto, "limits")->max_tokens, 0);
  proto.set_truncation(v1::TRUNCATION_RIGHT);
  EXPECT_EQ(ToTokenLimits(proto, "limits")->truncation, Truncation::kRight);
  proto.set_truncation(v1::TRUNCATION_LEFT);
  EXPECT_EQ(ToTokenLimits(proto, "limits")->truncation, Truncation::kLeft);
  proto.set_truncation(v1::TRUNCATION_REFUSE);
  EXPECT_EQ(ToTokenLimits(proto, "limits")->truncation, Truncation::kRefuse);
}

TEST(ItemMessagesTest, TakesWhichTextOfAPairIsCut) {
  v1::TokenLimits proto;
  const auto taken = [&proto](v1::PairTruncation which) {
    proto.set_pair_truncation(which);
    return ToTokenLimits(proto, "limits")->pair_truncation;
  };
  EXPECT_EQ(taken(v1::PAIR_TRUNCATION_UNSPECIFIED),
            PairTruncation::kLongestFirst);
  EXPECT_EQ(taken(v1::PAIR_TRUNCATION_LONGEST_FIRST),
            PairTruncation::kLongestFirst);
  EXPECT_EQ(taken(v1::PAIR_TRUNCATION_ONLY_FIRST), PairTruncation::kOnlyFirst);
  EXPECT_EQ(taken(v1::PAIR_TRUNCATION_ONLY_SECOND),
            PairTruncation::kOnlySecond);
  proto.set_pair_truncation(static_cast<v1::PairTruncation>(7));
  EXPECT_THAT(std::string(ToTokenLimits(proto, "limits").status().message()),
              HasSubstr("limits.pair_truncation: 7"));
}

TEST(ItemMessagesTest, TakesFormatsAndFunctions) {
  EXPECT_EQ(*ToVectorFormat(v1::VECTOR_FORMAT_UNSPECIFIED), VectorFormat::kF32);
  EXPECT_EQ(*ToVectorFormat(v1::VECTOR_FORMAT_F32), VectorFormat::kF32);
  EXPECT_EQ(*ToVectorFormat(v1::VECTOR_FORMAT_F16), VectorFormat::kF16);
  EXPECT_EQ(*ToVectorFormat(v1::VECTOR_FORMAT_INT8), VectorFormat::kInt8);
  EXPECT_EQ(*ToVectorFormat(v1::VECTOR_FORMAT_BINARY), VectorFormat::kBinary);
  EXPECT_EQ(*ToScoreFunction(v1::SCORE_FUNCTION_UNSPECIFIED), std::nullopt);
  EXPECT_EQ(*ToScoreFunction(v1::SCORE_FUNCTION_NONE), ScoreFunction::kNone);
  EXPECT_EQ(*ToScoreFunction(v1::SCORE_FUNCTION_SIGMOID),
            ScoreFunction::kSigmoid);
  EXPECT_EQ(*ToScoreFunction(v1::SCORE_FUNCTION_SOFTMAX),
            ScoreFunction::kSoftmax);
}

TEST(ItemMessagesTest, NamesValuesThatAreNone) {
  v1::TokenLimits proto;
  proto.set_truncation(static_cast<v1::Truncation>(9));
  const absl::Status truncation =
      ToTokenLimits(proto, "options.limits").status();
  EXPECT_TRUE(absl::IsInvalidArgument(truncation));
  EXPECT_THAT(std::string(truncation.message()),
              HasSubstr("options.limits.truncation: 9"));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ToVectorFormat(static_cast<v1::VectorFormat>(-1)).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ToScoreFunction(static_cast<v1::ScoreFunction>(4)).status()));
}

}  // namespace
}  // namespace parley
