#include "server/pipeline/embedding/embed_tokens.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/pipeline/embedding/encoder_fixture.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EmbedTokensTest : public EncoderTest {
 protected:
  void ExpectRefused(EmbedTokensCall call, const std::string& part) {
    const absl::Status status = Run(&EmbedTokens, std::move(call)).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(part));
  }

  // The layer that each row says it is of.
  std::vector<float> LayersOfFirstToken(std::vector<int> layers) {
    const auto reply =
        Run(&EmbedTokens, EmbedTokensCall{.texts = {"a"}, .layers = layers});
    EXPECT_TRUE(reply.ok()) << reply.status();
    const EmbedTokensResult& result = reply->results.at(0);
    EXPECT_TRUE(result.status.ok()) << result.status;
    const std::vector<float> values = Floats(result.vectors);
    std::vector<float> seen;
    for (int i = 1; i < result.dimensions; i += 4) seen.push_back(values.at(i));
    return seen;
  }
};

TEST_F(EmbedTokensTest, GivesARowForEachToken) {
  const auto reply = Run(&EmbedTokens, EmbedTokensCall{.texts = {"ab", ""}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  const EmbedTokensResult& result = reply->results.at(0);
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.dimensions, 4);
  ASSERT_EQ(result.token_list.size(), 4);
  EXPECT_EQ(result.token_list[1].text, "a");
  EXPECT_EQ(result.token_list[2].range.begin, 1);
  const std::vector<float> values = Floats(result.vectors);
  ASSERT_EQ(values.size(), 16);
  EXPECT_EQ(values[4], FakeEncoderTokenizer::kFirst + 'a');
  EXPECT_EQ(values[5], 2);  // The last layer.
  EXPECT_EQ(reply->results.at(1).token_list.size(), 2);
}

TEST_F(EmbedTokensTest, ResolvesLayers) {
  EXPECT_THAT(LayersOfFirstToken({}), ElementsAre(2));
  EXPECT_THAT(LayersOfFirstToken({0, -1}), ElementsAre(0, 2));
  EXPECT_THAT(LayersOfFirstToken({-3, -2, -1}), ElementsAre(0, 1, 2));
}

TEST_F(EmbedTokensTest, ASumIsAsWideAsALayer) {
  const auto reply =
      Run(&EmbedTokens,
          EmbedTokensCall{
              .texts = {"a"}, .layers = {1, 2}, .join = LayerJoin::kSum});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->results.at(0).dimensions, 4);
  EXPECT_TRUE(reply->results[0].status.ok()) << reply->results[0].status;
}

TEST_F(EmbedTokensTest, ChecksLayers) {
  ExpectRefused({.texts = {"a"}, .layers = {3}}, "from -3 to 2");
  ExpectRefused({.texts = {"a"}, .layers = {-4}}, "from -3 to 2");
  ExpectRefused({.texts = {"a"}, .layers = {0, 0, 0, 0}}, "4 entries");
}

TEST_F(EmbedTokensTest, RefusesAnAnswerThatIsTooLarge) {
  limits_.max_response_bytes = 20 * (4 * 4 + 16) - 1;
  ExpectRefused({.texts = {std::string(18, 'a')}}, "640 bytes");
  const auto half =
      Run(&EmbedTokens, EmbedTokensCall{.texts = {std::string(18, 'a')},
                                        .format = VectorFormat::kF16});
  ASSERT_TRUE(half.ok()) << half.status();
  EXPECT_EQ(half->results.at(0).vectors.size(), 20 * 8);
}

TEST_F(EmbedTokensTest, AnItemsFaultIsItsOwn) {
  const auto reply =
      Run(&EmbedTokens,
          EmbedTokensCall{.texts = {"N", "Z", "F", "untokenizable", "a"}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(reply->results.at(i).status.ok()) << i;
    EXPECT_TRUE(reply->results[i].vectors.empty());
    EXPECT_TRUE(reply->results[i].token_list.empty());
  }
  EXPECT_TRUE(reply->results.at(4).status.ok());
}

}  // namespace
}  // namespace parley
