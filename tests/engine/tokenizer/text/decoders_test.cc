#include "engine/tokenizer/text/decoders.h"

#include <utility>

#include "gmock/gmock.h"
#include "tests/engine/tokenizer/text/aligned_words.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DecodersTest, WordPiece) {
  const auto plain = CreateWordPieceDecoder({.cleanup = false});
  EXPECT_THAT(Decoded(*plain, {"##a", "b", "##c", ".", "[SEP]"}),
              ElementsAre("##a", " b", "c", " .", " [SEP]"));
  EXPECT_THAT(Decoded(*plain, {}), IsEmpty());
}

TEST(DecodersTest, WordPieceCleanUp) {
  const auto decoder = CreateWordPieceDecoder({});
  EXPECT_THAT(Decoded(*decoder, {"a", ".", "?", "'", "n't", "do not"}),
              ElementsAre("a", ".", "?", " '", "n't", " don't"));
  // Within one token, the first replacement before the next.
  EXPECT_THAT(Decoded(*decoder, {"a ' b . !"}), ElementsAre("a'b.!"));
}

TEST(DecodersTest, ByteFallback) {
  const auto decoder = CreateByteFallbackDecoder();
  EXPECT_THAT(Decoded(*decoder, {"a", "<0xC3>", "<0xa9>", "b"}),
              ElementsAre("a", "é", "b"));
  EXPECT_THAT(Decoded(*decoder, {"<0xC3>", "<0x41>"}),
              ElementsAre("\uFFFD", "\uFFFD"));
  EXPECT_THAT(Decoded(*decoder, {"<0xGG>", "<0x4>", "<0x+4>"}),
              ElementsAre("<0xGG>", "<0x4>", "\x04"));
}

TEST(DecodersTest, FuseAndStrip) {
  EXPECT_THAT(Decoded(*CreateFuseDecoder(), {"a", "b"}), ElementsAre("ab"));
  EXPECT_THAT(Decoded(*CreateFuseDecoder(), {}), ElementsAre(""));
  const auto strip =
      CreateStripDecoder({.content = U'▁', .start = 1, .stop = 2});
  EXPECT_THAT(Decoded(*strip, {"▁▁a▁▁▁", "▁", "a"}),
              ElementsAre("▁a▁", "", "a"));
}

TEST(DecodersTest, Sequence) {
  std::vector<std::unique_ptr<const Decoder>> steps;
  steps.push_back(CreateByteFallbackDecoder());
  steps.push_back(CreateFuseDecoder());
  const auto sequence = CreateDecoderSequence(std::move(steps));
  EXPECT_THAT(Decoded(*sequence, {"a", "<0x62>"}), ElementsAre("ab"));
}

}  // namespace
}  // namespace parley
