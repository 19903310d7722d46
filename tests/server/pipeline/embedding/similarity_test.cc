#include "server/pipeline/embedding/similarity.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/pipeline/embedding/encoder_fixture.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SimilarityTest : public EncoderTest {};

TEST_F(SimilarityTest, ScoresTheOthersInOrder) {
  const auto reply =
      Run(&Similarity, SimilarityCall{.text = "a", .others = {"a", "xyz", ""}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->results.size(), 3);
  EXPECT_FLOAT_EQ(reply->results[0].score, 1);
  EXPECT_LT(reply->results[1].score, 1);
  EXPECT_EQ(reply->results[1].tokens, 5);
  EXPECT_TRUE(reply->results[2].status.ok());
}

TEST_F(SimilarityTest, TakesTheModelsMeasure) {
  // [3, a, 0, mean] and [4, a, 0, mean].
  const SimilarityCall call = {.text = "a", .others = {"aa"}};
  info().similarity = SimilarityMeasure::kEuclidean;
  EXPECT_FLOAT_EQ(Run(&Similarity, call)->results.at(0).score, -1);
  info().similarity = SimilarityMeasure::kDot;
  const float a = FakeEncoderTokenizer::kFirst + 'a';
  const float mean = static_cast<float>(Pooling::kMean);
  EXPECT_FLOAT_EQ(Run(&Similarity, call)->results.at(0).score,
                  12 + a * a + mean * mean);
}

TEST_F(SimilarityTest, ShapesBothSides) {
  info().similarity = SimilarityMeasure::kDot;
  const auto reply =
      Run(&Similarity,
          SimilarityCall{.text = "a",
                         .others = {"xyz"},
                         .options = {.normalize = true, .dimensions = 1}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_FLOAT_EQ(reply->results.at(0).score, 1);
}

TEST_F(SimilarityTest, AnOthersFaultIsItsOwn) {
  const auto reply =
      Run(&Similarity,
          SimilarityCall{.text = "a", .others = {"untokenizable", "Z", "a"}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(absl::IsInvalidArgument(reply->results.at(0).status));
  EXPECT_TRUE(absl::IsInternal(reply->results.at(1).status));
  EXPECT_TRUE(reply->results.at(2).status.ok());
}

TEST_F(SimilarityTest, TheTextsFaultIsTheCalls) {
  for (const char* text : {"untokenizable", "N", "Z", "F"}) {
    const absl::Status status =
        Run(&Similarity, SimilarityCall{.text = text, .others = {"a"}})
            .status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr("text: "));
  }
}

TEST_F(SimilarityTest, WithoutOthersThereIsNothing) {
  const auto reply = Run(&Similarity, SimilarityCall{.text = "a"});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(reply->results, IsEmpty());
}

TEST_F(SimilarityTest, ChecksItsOptions) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      Run(&Similarity, SimilarityCall{.options = {.dimensions = 9}}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      Run(&Similarity,
          SimilarityCall{.others = std::vector<std::string>(9, "a")})
          .status()));
}

}  // namespace
}  // namespace parley
