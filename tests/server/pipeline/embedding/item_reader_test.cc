#include "server/pipeline/embedding/item_reader.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/fake_encoder.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr TokenId kA = FakeEncoderTokenizer::kFirst + 'a';

class ItemReaderTest : public ::testing::Test {
 protected:
  ItemReader Reader(ItemReader::Options options) {
    absl::StatusOr<ItemReader> reader =
        ItemReader::Create(model_.get(), std::move(options));
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }

  static void ExpectRefused(const absl::StatusOr<EncoderInput>& input,
                            const std::string& part) {
    EXPECT_TRUE(absl::IsInvalidArgument(input.status()));
    EXPECT_THAT(std::string(input.status().message()), HasSubstr(part));
  }

  const std::shared_ptr<ServedModel> model_ =
      Serve("fake", MakeFakeEncoder(std::make_shared<FakeEngineControl>()), {});
};

TEST_F(ItemReaderTest, AssemblesTexts) {
  const auto input = Reader({}).ReadText("ab");
  ASSERT_TRUE(input.ok());
  EXPECT_THAT(input->ids, ElementsAre(0, kA, kA + 1, 1));
  EXPECT_FALSE(input->truncated);
  EXPECT_THAT(Reader({}).ReadText("")->ids, ElementsAre(0, 1));
}

TEST_F(ItemReaderTest, CutsToTheModelsWindow) {
  const auto input = Reader({}).ReadText(std::string(19, 'a'));
  ASSERT_TRUE(input.ok());
  EXPECT_EQ(input->ids.size(), 20);
  EXPECT_TRUE(input->truncated);
}

TEST_F(ItemReaderTest, TheRequestMayRaiseTheWindow) {
  const ItemReader reader = Reader({.limits = {.max_tokens = 40}});
  EXPECT_EQ(reader.window(), 40);
  EXPECT_FALSE(reader.ReadText(std::string(38, 'a'))->truncated);
  EXPECT_TRUE(reader.ReadText(std::string(39, 'a'))->truncated);
}

TEST_F(ItemReaderTest, CutsTheSideAsked) {
  const auto right =
      Reader({.limits = {.truncation = Truncation::kRight, .max_tokens = 4}});
  EXPECT_THAT(right.ReadText("abc")->ids, ElementsAre(0, kA, kA + 1, 1));
  const auto left =
      Reader({.limits = {.truncation = Truncation::kLeft, .max_tokens = 4}});
  EXPECT_THAT(left.ReadText("abc")->ids, ElementsAre(0, kA + 1, kA + 2, 1));
}

TEST_F(ItemReaderTest, CutsTheTextOfAPairAsked) {
  const TextPair pair = {.first = "abc", .second = "abc"};
  const auto reader = [this](PairTruncation which) {
    return Reader({.limits = {.max_tokens = 7, .pair_truncation = which}});
  };
  const auto first = reader(PairTruncation::kOnlyFirst).ReadPair(pair);
  const auto second = reader(PairTruncation::kOnlySecond).ReadPair(pair);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(first->truncated && second->truncated);
  const auto of_text = [](const EncoderInput& input, int text) {
    return std::count(input.text_index.begin(), input.text_index.end(), text);
  };
  EXPECT_LT(of_text(*first, 0), 3);
  EXPECT_EQ(of_text(*first, 1), 3);
  EXPECT_EQ(of_text(*second, 0), 3);
  EXPECT_LT(of_text(*second, 1), 3);
}

TEST_F(ItemReaderTest, RefusesWhatMayNotBeCut) {
  const ItemReader reader =
      Reader({.limits = {.truncation = Truncation::kRefuse, .max_tokens = 4}});
  EXPECT_TRUE(reader.ReadText("ab").ok());
  ExpectRefused(reader.ReadText("abc"), "5 tokens");
  ExpectRefused(reader.ReadText("abc"), "at most 4");
  ExpectRefused(reader.ReadPair({.first = "a", .second = "b"}), "5 tokens");
}

TEST_F(ItemReaderTest, ChecksMaxTokens) {
  for (const int max_tokens : {-1, 0, 2, 41}) {
    const absl::Status status =
        ItemReader::Create(model_.get(), {.limits = {.max_tokens = max_tokens}})
            .status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << max_tokens;
    EXPECT_THAT(std::string(status.message()), HasSubstr("from 3 to 40"));
  }
  EXPECT_TRUE(
      ItemReader::Create(model_.get(), {.limits = {.max_tokens = 3}}).ok());
  EXPECT_FALSE(ItemReader::Create(model_.get(), {.limits = {.max_tokens = 3},
                                                 .takes_pairs = true})
                   .ok());
  EXPECT_TRUE(ItemReader::Create(model_.get(), {.limits = {.max_tokens = 1},
                                                .add_special_tokens = false})
                  .ok());
}

TEST_F(ItemReaderTest, ReadsPairs) {
  const auto input = Reader({}).ReadPair({.first = "a", .second = "b"});
  ASSERT_TRUE(input.ok());
  EXPECT_THAT(input->ids, ElementsAre(0, kA, 1, kA + 1, 1));
  EXPECT_THAT(input->segment_ids, ElementsAre(0, 0, 0, 1, 1));
  ExpectRefused(Reader({}).ReadPair({.first = "a"}), "`second` is missing");
  ExpectRefused(Reader({}).ReadPair({.second = "a"}), "`first` is missing");
}

// As transformers has it.
TEST_F(ItemReaderTest, AnEmptySecondTextIsNone) {
  const auto alone = Reader({}).ReadPair({.first = "a", .second = ""});
  ASSERT_TRUE(alone.ok());
  EXPECT_THAT(alone->ids, ElementsAre(0, kA, 1));
  const auto second = Reader({}).ReadPair({.first = "", .second = "b"});
  ASSERT_TRUE(second.ok());
  EXPECT_THAT(second->ids, ElementsAre(0, 1, kA + 1, 1));
}

TEST_F(ItemReaderTest, SegmentsThatTheModelLacksAreNone) {
  model_->info.encoder.num_segments = 1;
  const auto input = Reader({}).ReadPair({.first = "a", .second = "b"});
  ASSERT_TRUE(input.ok());
  EXPECT_THAT(input->segment_ids, ElementsAre(0, 0, 0, 0, 0));
}

TEST_F(ItemReaderTest, PutsThePromptInFront) {
  const ItemReader reader = Reader({.prompt = "a"});
  EXPECT_THAT(reader.ReadText("b")->ids, ElementsAre(0, kA, kA + 1, 1));
  EXPECT_THAT(reader.ReadPair({.first = "b", .second = "c"})->ids,
              ElementsAre(0, kA, kA + 1, 1, kA + 2, 1));
  // With [CLS], without [SEP].
  EXPECT_EQ(*Reader({.prompt = "abc"}).CountPromptTokens(), 4);
  EXPECT_EQ(*Reader({}).CountPromptTokens(), 0);
  EXPECT_EQ(*Reader({.prompt = std::string(30, 'a')}).CountPromptTokens(), 19);
}

TEST_F(ItemReaderTest, TakesIdsAsTheyAre) {
  const auto input = Reader({}).ReadInput(
      {.token_ids = {5, -7, 1000000}, .segment_ids = {0, 1, 1}});
  ASSERT_TRUE(input.ok());
  EXPECT_THAT(input->ids, ElementsAre(5, -7, 1000000));  // The engine's to say.
  EXPECT_THAT(input->segment_ids, ElementsAre(0, 1, 1));
  EXPECT_EQ(input->offsets.size(), 3);
  EXPECT_EQ(input->text_index.size(), 3);
}

TEST_F(ItemReaderTest, RefusesIdsThatAreNoInput) {
  const ItemReader reader = Reader({});
  ExpectRefused(reader.ReadInput({}), "token_ids is empty");
  ExpectRefused(reader.ReadInput({.token_ids = {1, 2}, .segment_ids = {0}}),
                "segment_ids has 1");
  for (const int segment : {-1, 2, 256}) {
    ExpectRefused(
        reader.ReadInput({.token_ids = {1}, .segment_ids = {segment}}),
        "segment");
  }
  EXPECT_TRUE(
      reader.ReadInput({.token_ids = std::vector<TokenId>(40, 1)}).ok());
  ExpectRefused(reader.ReadInput({.token_ids = std::vector<TokenId>(41, 1)}),
                "41 tokens");
  ExpectRefused(Reader({.limits = {.max_tokens = 5}})
                    .ReadInput({.token_ids = std::vector<TokenId>(6, 1)}),
                "at most 5");
}

TEST_F(ItemReaderTest, RefusesTextThatIsNotUtf8) {
  ExpectRefused(Reader({}).ReadText("a\xff"), "byte 1");
  ExpectRefused(Reader({}).ReadPair({.first = "a", .second = "\xff"}),
                "byte 0");
}

TEST_F(ItemReaderTest, SaysWhatTheTokenizerSays) {
  ExpectRefused(Reader({}).ReadText("untokenizable"), "no token");
}

TEST_F(ItemReaderTest, TakesAnyLengthWhereAsked) {
  const ItemReader reader =
      Reader({.add_special_tokens = false, .takes_any_length = true});
  EXPECT_EQ(reader.ReadText(std::string(100, 'a'))->ids.size(), 100);
}

}  // namespace
}  // namespace parley
