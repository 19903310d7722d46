#include "engine/layers/thread_team.h"

#include <atomic>
#include <vector>

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(ThreadTeamTest, SizeIsWhatWasSet) {
  SetTeamSize(3);
  EXPECT_EQ(TeamSize(), 3);
  SetTeamSize(2);
  EXPECT_EQ(TeamSize(), 2);
}

TEST(ThreadTeamTest, EachIndexOnceOnAThreadOfTheTeam) {
  SetTeamSize(2);
  for (const int64_t count : {0, 1, 2, 7, 1000}) {
    std::vector<std::atomic<int>> calls(2 * count);
    const auto visit = [&](int64_t i) {
      ASSERT_GE(TeamThread(), 0);
      ASSERT_LT(TeamThread(), 2);
      ++calls[i];
    };
    ForEachRow(count, visit);
    ForEachItem(count, [&](int64_t i) { visit(count + i); });
    for (const std::atomic<int>& call : calls) EXPECT_EQ(call, 1);
  }
}

}  // namespace
}  // namespace parley
