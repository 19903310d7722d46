#include "engine/models/encoder_stack.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(PlaceSequencesTest, OneBehindTheOther) {
  const std::vector<int32_t> ids(10);
  const absl::Span<const int32_t> all(ids);
  const auto places = PlaceSequences(
      {{.ids = all.first(3)}, {.ids = all.first(1)}, {.ids = all}});
  ASSERT_EQ(places.size(), 3u);
  EXPECT_EQ(places[0].begin, 0);
  EXPECT_EQ(places[0].length, 3);
  EXPECT_EQ(places[1].begin, 3);
  EXPECT_EQ(places[1].length, 1);
  EXPECT_EQ(places[2].begin, 4);
  EXPECT_EQ(places[2].length, 10);
  EXPECT_TRUE(PlaceSequences({}).empty());
}

}  // namespace
}  // namespace parley
