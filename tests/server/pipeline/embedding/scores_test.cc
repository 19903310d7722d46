#include "server/pipeline/embedding/scores.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

TEST(ScoresOfTest, AppliesTheFunction) {
  EXPECT_THAT(*ScoresOf({1, -2}, 2, ScoreFunction::kNone), ElementsAre(1, -2));
  EXPECT_THAT(*ScoresOf({0, 2}, 2, ScoreFunction::kSigmoid),
              ElementsAre(0.5f, FloatEq(0.880797f)));
  EXPECT_THAT(*ScoresOf({1, 2, 3}, 3, ScoreFunction::kSoftmax),
              ElementsAre(FloatEq(0.09003057f), FloatEq(0.24472847f),
                          FloatEq(0.66524096f)));
}

TEST(ScoresOfTest, DoesNotOverflow) {
  EXPECT_THAT(*ScoresOf({1e30f, -1e30f}, 2, ScoreFunction::kSigmoid),
              ElementsAre(1, 0));
  EXPECT_THAT(*ScoresOf({1e30f, 1e30f}, 2, ScoreFunction::kSoftmax),
              ElementsAre(0.5f, 0.5f));
}

TEST(ScoresOfTest, RefusesWhatAreNoLogits) {
  EXPECT_TRUE(
      absl::IsInternal(ScoresOf({1, 2}, 3, ScoreFunction::kNone).status()));
  const absl::Status status =
      ScoresOf({1, std::numeric_limits<float>::quiet_NaN()}, 2,
               ScoreFunction::kSoftmax)
          .status();
  EXPECT_TRUE(absl::IsInternal(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("nan"));
}

TEST(DefaultScoreFunctionTest, FollowsTheProblem) {
  EXPECT_EQ(DefaultScoreFunction({.labels = {"a", "b"}}),
            ScoreFunction::kSoftmax);
  EXPECT_EQ(DefaultScoreFunction({.labels = {"a"}}), ScoreFunction::kSigmoid);
  EXPECT_EQ(DefaultScoreFunction(
                {.labels = {"a", "b"}, .has_independent_labels = true}),
            ScoreFunction::kSigmoid);
  EXPECT_EQ(DefaultScoreFunction({.labels = {"a"}, .is_regression = true}),
            ScoreFunction::kNone);
}

TEST(BestFirstTest, KeepsTheOrderOfEqualOnes) {
  EXPECT_THAT(BestFirst({1, 3, 2, 3, 1}), ElementsAre(1, 3, 2, 0, 4));
  EXPECT_THAT(BestFirst({}), ElementsAre());
}

TEST(SimilarityOfTest, IsThatOfSentenceTransformers) {
  const std::vector<float> a = {1, 2, -2};
  const std::vector<float> b = {4, 0, 3};
  EXPECT_FLOAT_EQ(SimilarityOf(a, b, SimilarityMeasure::kCosine), -2.0f / 15);
  EXPECT_FLOAT_EQ(SimilarityOf(a, b, SimilarityMeasure::kDot), -2);
  EXPECT_FLOAT_EQ(SimilarityOf(a, b, SimilarityMeasure::kEuclidean),
                  -6.164414f);
  EXPECT_FLOAT_EQ(SimilarityOf(a, b, SimilarityMeasure::kManhattan), -10);
  EXPECT_FLOAT_EQ(SimilarityOf(a, a, SimilarityMeasure::kCosine), 1);
}

TEST(SimilarityOfTest, CosineTakesAnyLengths) {
  const std::vector<float> a = {1e30f, 0};
  const std::vector<float> b = {1e-30f, 1e-30f};
  EXPECT_FLOAT_EQ(SimilarityOf(a, b, SimilarityMeasure::kCosine), 0.70710678f);
}

}  // namespace
}  // namespace parley
