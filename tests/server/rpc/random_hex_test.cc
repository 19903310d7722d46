#include "server/rpc/random_hex.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::MatchesRegex;

TEST(RandomHexTest, HasTwoDigitsForEachByte) {
  EXPECT_THAT(RandomHex(16), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_THAT(RandomHex(1), MatchesRegex("[0-9a-f]{2}"));
}

TEST(RandomHexTest, IsNeverZeroAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(seen.insert(RandomHex(8)).second);
    EXPECT_NE(RandomHex(1), "00");
  }
}

}  // namespace
}  // namespace parley
