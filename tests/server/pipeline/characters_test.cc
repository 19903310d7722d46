#include "server/pipeline/characters.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "gtest/gtest.h"

namespace parley {
namespace {

constexpr char32_t kText[] = U"a\0é€🙂\U0010ffff z";
const std::string kUtf8("a\0é€🙂\U0010ffff z", 1 + 1 + 2 + 3 + 4 + 4 + 2);

TEST(CharactersTest, StepsBothWays) {
  std::u32string forward;
  for (size_t i = 0; i < kUtf8.size();) forward += NextCharacter(kUtf8, &i);
  const std::u32string expected(kText, std::size(kText) - 1);
  EXPECT_EQ(forward, expected);
  std::u32string backward;
  for (size_t i = kUtf8.size(); i > 0;) {
    backward += PreviousCharacter(kUtf8, &i);
  }
  std::reverse(backward.begin(), backward.end());
  EXPECT_EQ(backward, expected);
}

TEST(CharactersTest, FindsTheBeginOfACharacter) {
  for (size_t begin = 0; begin < kUtf8.size();) {
    size_t end = begin;
    NextCharacter(kUtf8, &end);
    for (size_t i = begin; i < end; ++i) {
      EXPECT_EQ(CharacterBegin(kUtf8, i), begin);
    }
    begin = end;
  }
  EXPECT_EQ(CharacterBegin(kUtf8, kUtf8.size()), kUtf8.size());
  EXPECT_EQ(CharacterBegin(kUtf8, kUtf8.size() + 9), kUtf8.size());
}

TEST(CharactersTest, KnowsUnicodesWhiteSpace) {
  for (const char32_t space :
       std::u32string(U" \t\n\v\f\r\u0085\u00a0\u2003\u2028\u3000")) {
    EXPECT_TRUE(IsWhiteSpace(space)) << uint32_t{space};
  }
  for (const char32_t other : std::u32string(U"a0_\u200b\ufeff")) {
    EXPECT_FALSE(IsWhiteSpace(other)) << uint32_t{other};
  }
}

}  // namespace
}  // namespace parley
