#include "server/pipeline/embedding/embedder.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/fake_encoder.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

class EmbedderTest : public ::testing::Test {
 protected:
  absl::StatusOr<Embedder> Create(const EmbedOptions& options,
                                  const Items& items = {.texts = {"a"}}) {
    return Embedder::Create(model_.get(), options, items);
  }

  void ExpectRefused(const EmbedOptions& options, const Items& items,
                     const std::string& part) {
    const absl::Status status = Create(options, items).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(part));
  }

  static ItemPart Encoded(std::vector<float> values, int num_text_tokens) {
    ItemPart part;
    part.result.values = std::move(values);
    part.num_text_tokens = num_text_tokens;
    return part;
  }

  const std::shared_ptr<ServedModel> model_ =
      Serve("fake", MakeFakeEncoder(std::make_shared<FakeEngineControl>()), {});
  const Items pairs_ = {.pairs = {{.first = "a", .second = "b"}}};
  const Items inputs_ = {.inputs = {{.token_ids = {1}}}};
};

TEST_F(EmbedderTest, OptionsMustGoWithTheItems) {
  ExpectRefused({.chunking = Chunking()}, pairs_, "pairs");
  ExpectRefused({.chunking = Chunking()}, inputs_, "inputs");
  ExpectRefused({.prompt_name = "query"}, inputs_, "prompt_name");
  ExpectRefused({.prompt = "own"}, inputs_, "prompt");
  EXPECT_TRUE(Create({.prompt_name = "query"}, pairs_).ok());
  ExpectRefused({.limits = {.max_tokens = 3}}, pairs_, "from 4");
  ExpectRefused({.chunking = Chunking{.overlap_tokens = 11}}, {}, "0 to 10");
}

TEST_F(EmbedderTest, InputsGetNoDefaultPrompt) {
  model_->info.encoder.default_prompt = "d: ";
  const auto read = Create({}, inputs_)->Read(inputs_, {});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ((*read)[0].num_tokens(), 1);
  EXPECT_EQ((*Create({})->Read({.texts = {"a"}}, {}))[0].num_tokens(), 6);
}

TEST_F(EmbedderTest, LeavesThePromptOutOfThePooling) {
  model_->info.encoder.pools_prompt = false;
  const auto read =
      Create({.prompt_name = "query"})->Read({.texts = {"a"}}, {});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ((*read)[0].parts.at(0).options.num_unpooled_tokens, 4);
  EXPECT_EQ((*Create({})->Read({.texts = {"a"}}, {}))[0]
                .parts.at(0)
                .options.num_unpooled_tokens,
            0);
}

TEST_F(EmbedderTest, ReadsChunks) {
  const auto read =
      Create({.chunking = Chunking()})
          ->Read({.texts = {std::string(40, 'a'), "", "untokenizable"}}, {});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ((*read)[0].parts.size(), 3);  // 18 each, at most.
  EXPECT_EQ((*read)[0].num_tokens(), 46);
  EXPECT_FALSE((*read)[0].truncated());
  EXPECT_EQ((*read)[0].parts[2].options.pooling.size(), 1);
  EXPECT_EQ((*read)[1].parts.size(), 1);
  EXPECT_TRUE(absl::IsInvalidArgument((*read)[2].status));
}

TEST_F(EmbedderTest, StopsWhereNobodyWaits) {
  auto cancel = std::make_shared<CancelFlag>();
  cancel->Cancel();
  const CallContext context = {.cancel = cancel};
  EXPECT_TRUE(
      absl::IsCancelled(Create({})->Read({.texts = {"a"}}, context).status()));
  EXPECT_TRUE(absl::IsCancelled(Create({.chunking = Chunking()})
                                    ->Read({.texts = {"a"}}, context)
                                    .status()));
}

TEST_F(EmbedderTest, ShapesVectors) {
  const auto embedder = Create({.normalize = true, .dimensions = 2});
  EXPECT_THAT(*embedder->VectorOf(Encoded({3, 4, 5, 6}, 1)),
              ElementsAre(FloatEq(0.6f), FloatEq(0.8f)));
  EXPECT_TRUE(
      absl::IsInternal(embedder->VectorOf(Encoded({0, 0, 5, 6}, 1)).status()));
}

TEST_F(EmbedderTest, TheMeanIsWeightedByTokensOfText) {
  const auto embedder = Create({});
  EXPECT_THAT(
      *embedder->MeanOf({Encoded({4, 0, 8, 1}, 3), Encoded({0, 4, 8, 1}, 1)}),
      ElementsAre(3, 1, 8, 1));
  EXPECT_THAT(*embedder->MeanOf({Encoded({4, 0, 8, 1}, 0)}),
              ElementsAre(4, 0, 8, 1));
  EXPECT_TRUE(absl::IsInternal(
      embedder->MeanOf({Encoded({4, 0, 8, 1}, 1), Encoded({1}, 1)}).status()));
  // Opposite chunks have no mean direction.
  EXPECT_TRUE(absl::IsInternal(
      embedder->MeanOf({Encoded({1, 1, 1, 1}, 1), Encoded({-1, -1, -1, -1}, 1)})
          .status()));
}

}  // namespace
}  // namespace parley
