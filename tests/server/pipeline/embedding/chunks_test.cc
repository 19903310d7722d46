#include "server/pipeline/embedding/chunks.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/fake_encoder.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

class ChunksTest : public ::testing::Test {
 protected:
  ItemReader Reader(int max_tokens, std::string prompt = "") {
    return *ItemReader::Create(
        model_.get(),
        {.limits = {.max_tokens = max_tokens}, .prompt = std::move(prompt)});
  }

  // The texts of the chunks, between bars, and their ranges.
  std::string Split(const std::string& text, int overlap,
                    const ItemReader& reader) {
    auto parts = SplitIntoChunks(text, {.overlap_tokens = overlap}, reader);
    if (!parts.ok()) return std::string(parts.status().message());
    std::string shown;
    for (const ItemPart& part : *parts) {
      EXPECT_LE(std::ssize(part.input.ids), reader.window());
      EXPECT_EQ(part.input.ids.front(), FakeEncoderTokenizer::kCls);
      EXPECT_EQ(part.input.ids.back(), FakeEncoderTokenizer::kSep);
      absl::StrAppend(&shown, "|",
                      model_->encoder_tokenizer->Decode(part.input.ids, false),
                      part.range.begin, "-", part.range.end);
      EXPECT_EQ(part.num_text_tokens,
                static_cast<int>(part.range.end - part.range.begin));
    }
    return shown;
  }

  const std::shared_ptr<ServedModel> model_ =
      Serve("fake", MakeFakeEncoder(std::make_shared<FakeEngineControl>()), {});
};

TEST_F(ChunksTest, SplitsByTheWindow) {
  EXPECT_EQ(Split("abcdefgh", 0, Reader(5)), "|abc0-3|def3-6|gh6-8");
  EXPECT_EQ(Split("abcdef", 0, Reader(5)), "|abc0-3|def3-6");
  EXPECT_EQ(Split("abc", 0, Reader(5)), "|abc0-3");
}

TEST_F(ChunksTest, ChunksOverlap) {
  EXPECT_EQ(Split("abcdefgh", 1, Reader(5)), "|abc0-3|cde2-5|efg4-7|gh6-8");
  EXPECT_EQ(Split("abcde", 2, Reader(5)), "|abc0-3|bcd1-4|cde2-5");
}

TEST_F(ChunksTest, EachGetsThePrompt) {
  EXPECT_EQ(Split("abcde", 1, Reader(7, "q:")), "|q:abc0-3|q:cde2-5");
}

TEST_F(ChunksTest, AnEmptyTextIsOneChunk) {
  EXPECT_EQ(Split("", 0, Reader(5)), "|0-0");
  EXPECT_EQ(Split("", 0, Reader(5, "q")), "|q0-0");
}

TEST_F(ChunksTest, ChecksTheOverlap) {
  for (const int overlap : {-1, 4}) {
    const absl::Status status =
        CheckChunking({.overlap_tokens = overlap}, Reader(7));
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("from 0 to 3"));
  }
  EXPECT_TRUE(CheckChunking({.overlap_tokens = 3}, Reader(7)).ok());
  // Two special tokens leave as many as overlap.
  const absl::Status status = CheckChunking({.overlap_tokens = 2}, Reader(4));
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("no room"));
}

TEST_F(ChunksTest, APromptMayLeaveNoRoom) {
  const absl::Status status = CheckChunking({}, Reader(7, "12345"));
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("5 are the prompt's"));
  EXPECT_THAT(Split("abc", 0, Reader(7, "12345")), HasSubstr("no room"));
  EXPECT_TRUE(CheckChunking({}, Reader(7, "1234")).ok());
}

}  // namespace
}  // namespace parley
