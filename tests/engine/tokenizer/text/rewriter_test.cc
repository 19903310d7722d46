#include "engine/tokenizer/text/rewriter.h"

#include "gmock/gmock.h"
#include "tests/engine/tokenizer/text/aligned_words.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

TEST(RewriterTest, TiesByPosition) {
  const AlignedText source("aéb", 10);
  AlignedText target;
  Rewriter rewriter(source, &target);
  rewriter.Replace('x');
  rewriter.Replace('e');
  rewriter.Insert(0x301);
  rewriter.Replace('b');
  EXPECT_THAT(Characters(target),
              ElementsAre("x:10-11", "e:11-13", "\u0301:11-13", "b:13-14"));
}

TEST(RewriterTest, TakesSeveralForOne) {
  const AlignedText source("e\u0301b", 0);
  AlignedText target;
  Rewriter rewriter(source, &target);
  rewriter.Replace(0xE9, 1);
  rewriter.Replace('b');
  EXPECT_THAT(Characters(target), ElementsAre("é:0-1", "b:3-4"));
}

TEST(RewriterTest, TiesWhatIsInsertedFirstToNothing) {
  const AlignedText source("a", 5);
  AlignedText target;
  Rewriter rewriter(source, &target);
  rewriter.Insert('_');
  EXPECT_THAT(Characters(target), ElementsAre("_:5-5"));
}

}  // namespace
}  // namespace parley
