#include "server/pipeline/embedding/rerank.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/pipeline/embedding/encoder_fixture.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The score of a document is the query's first byte, whatever the document:
// all are equal unless they fail.
class RerankTest : public EncoderTest {
 protected:
  RerankTest() : EncoderTest({"relevant"}) {}

  static std::vector<int> Indices(const RerankReply& reply) {
    std::vector<int> indices;
    for (const RerankResult& result : reply.results) {
      indices.push_back(result.index);
    }
    return indices;
  }
};

TEST_F(RerankTest, EqualOnesKeepTheirOrderAndFailedOnesComeLast) {
  const auto reply =
      Run(&Rerank,
          RerankCall{.query = "a", .documents = {"x", "F", "y", "N", "z"}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(Indices(*reply), ElementsAre(0, 2, 4, 1, 3));
  EXPECT_TRUE(absl::IsInternal(reply->results[3].status));
  EXPECT_EQ(reply->results[0].tokens, 5);
  EXPECT_EQ(reply->results[0].document, "");
}

TEST_F(RerankTest, TheBestComeFirst) {
  // Cut at the left, an input begins with the first byte that is left: with
  // the later ones of the query for longer documents.
  const auto reply = Run(
      &Rerank,
      RerankCall{.query = "abcdefghijklmnopq",
                 .documents = {"", std::string(12, '-'), std::string(6, '-')},
                 .score_function = ScoreFunction::kNone,
                 .limits = {.truncation = Truncation::kLeft}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(Indices(*reply), ElementsAre(1, 2, 0));
  EXPECT_GT(reply->results[0].score, reply->results[1].score);
  EXPECT_GT(reply->results[1].score, reply->results[2].score);
  EXPECT_TRUE(reply->results[0].truncated);
}

TEST_F(RerankTest, TopNBoundsTheGoodOnes) {
  const auto reply = Run(&Rerank, RerankCall{.query = "a",
                                             .documents = {"F", "x", "y", "z"},
                                             .top_n = 2,
                                             .return_documents = true});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(Indices(*reply), ElementsAre(1, 2, 0));
  EXPECT_EQ(reply->results[1].document, "y");
  EXPECT_EQ(
      Run(&Rerank, RerankCall{.query = "a", .documents = {"x"}, .top_n = 9})
          ->results.size(),
      1);
}

TEST_F(RerankTest, ScoresAreASigmoidUnlessRaw) {
  RerankCall call = {.query = "a", .documents = {"x"}};
  EXPECT_FLOAT_EQ(Run(&Rerank, call)->results.at(0).score, 1);
  call.score_function = ScoreFunction::kNone;
  EXPECT_FLOAT_EQ(Run(&Rerank, call)->results.at(0).score,
                  FakeEncoderTokenizer::kFirst + 'a');
}

TEST_F(RerankTest, ChecksItsOptions) {
  const auto refusal = [&](RerankCall call) {
    const absl::Status status = Run(&Rerank, std::move(call)).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refusal({.top_n = 0}), HasSubstr("top_n"));
  EXPECT_THAT(refusal({.top_n = -1}), HasSubstr("top_n"));
  EXPECT_THAT(refusal({.score_function = ScoreFunction::kSoftmax}),
              HasSubstr("SOFTMAX"));
  EXPECT_THAT(refusal({.documents = std::vector<std::string>(9)}),
              HasSubstr("documents"));
  EXPECT_THAT(refusal({.limits = {.max_tokens = 3}}), HasSubstr("max_tokens"));
}

}  // namespace
}  // namespace parley
