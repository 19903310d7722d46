#include "engine/weights/strided_layout.h"

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

TEST(StridedLayoutTest, InsideUpToTheLastElement) {
  EXPECT_TRUE(CheckInside({{2, 3}, {3, 1}, 0}, 6).ok());
  EXPECT_FALSE(CheckInside({{2, 3}, {3, 1}, 0}, 5).ok());
  EXPECT_TRUE(CheckInside({{2, 3}, {3, 1}, 4}, 10).ok());
  EXPECT_FALSE(CheckInside({{2, 3}, {3, 1}, 5}, 10).ok());
  EXPECT_TRUE(CheckInside({{1000}, {0}, 0}, 1).ok());
  EXPECT_TRUE(CheckInside({{1}, {INT64_MAX}, 0}, 1).ok());
  EXPECT_TRUE(CheckInside({{}, {}, 0}, 1).ok());
  EXPECT_EQ(CheckInside({{2}, {5}, 1}, 6),
            absl::InvalidArgumentError(
                "shape [2] with strides [5] at offset 1 reaches beyond its "
                "storage of 6 elements"));
}

TEST(StridedLayoutTest, EmptyLayoutNeedsOnlyItsOffsetInside) {
  EXPECT_TRUE(CheckInside({{0, 3}, {3, 1}, 0}, 0).ok());
  EXPECT_TRUE(CheckInside({{5, 0}, {INT64_MAX, 1}, 4}, 4).ok());
  EXPECT_FALSE(CheckInside({{0}, {1}, 5}, 4).ok());
  EXPECT_FALSE(CheckInside({{}, {}, 0}, 0).ok());
}

TEST(StridedLayoutTest, OverflowIsOutside) {
  EXPECT_FALSE(CheckInside({{3}, {INT64_MAX}, 0}, INT64_MAX).ok());
  EXPECT_FALSE(
      CheckInside({{2, 2}, {INT64_MAX, INT64_MAX}, 0}, INT64_MAX).ok());
  EXPECT_FALSE(CheckInside({{2}, {1}, INT64_MAX}, INT64_MAX).ok());
}

TEST(StridedLayoutTest, ContiguousIsRowMajorWithoutGaps) {
  EXPECT_TRUE(IsContiguous({{}, {}, 0}));
  EXPECT_TRUE(IsContiguous({{2, 3, 4}, {12, 4, 1}, 7}));
  EXPECT_TRUE(IsContiguous({{2, 1, 4}, {4, 99, 1}, 0}));
  EXPECT_TRUE(IsContiguous({{0, 4}, {9, 9}, 0}));
  EXPECT_FALSE(IsContiguous({{3, 2}, {1, 3}, 0}));
  EXPECT_FALSE(IsContiguous({{2, 3}, {4, 1}, 0}));
  EXPECT_FALSE(IsContiguous({{3}, {0}, 0}));
  EXPECT_FALSE(IsContiguous({{3}, {2}, 0}));
}

std::vector<int> Copy(const StridedLayout& layout, size_t num_elements) {
  std::vector<int16_t> storage(24);
  std::iota(storage.begin(), storage.end(), 0);
  EXPECT_TRUE(CheckInside(layout, static_cast<int64_t>(storage.size())).ok());
  std::vector<int16_t> copy(num_elements, -1);
  CopyContiguous(layout, sizeof(int16_t),
                 {reinterpret_cast<const std::byte*>(storage.data()),
                  storage.size() * sizeof(int16_t)},
                 {reinterpret_cast<std::byte*>(copy.data()),
                  copy.size() * sizeof(int16_t)});
  return {copy.begin(), copy.end()};
}

TEST(StridedLayoutTest, CopiesInRowMajorOrder) {
  EXPECT_THAT(Copy({{2, 2}, {2, 1}, 3}, 4), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(Copy({{3, 2}, {1, 4}, 0}, 6), ElementsAre(0, 4, 1, 5, 2, 6));
  EXPECT_THAT(Copy({{2, 2}, {0, 1}, 5}, 4), ElementsAre(5, 6, 5, 6));
  EXPECT_THAT(Copy({{2, 2, 2}, {12, 1, 4}, 1}, 8),
              ElementsAre(1, 5, 2, 6, 13, 17, 14, 18));
  EXPECT_THAT(Copy({{}, {}, 23}, 1), ElementsAre(23));
  EXPECT_THAT(Copy({{2, 0}, {1, 1}, 0}, 0), ElementsAre());
}

}  // namespace
}  // namespace parley
