#include <algorithm>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include "absl/types/span.h"
#include "engine/kernels/vector_ops.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/every_target.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {

bool operator==(const IndexedValue& a, const IndexedValue& b) {
  return a.index == b.index && a.value == b.value;
}

void PrintTo(const IndexedValue& element, std::ostream* out) {
  *out << element.index << ": " << element.value;
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr float kInf = std::numeric_limits<float>::infinity();

std::vector<IndexedValue> Reference(absl::Span<const float> x, size_t k) {
  std::vector<IndexedValue> all;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] > -kInf) all.push_back({static_cast<int32_t>(i), x[i]});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const IndexedValue& a, const IndexedValue& b) {
                     return a.value > b.value;
                   });
  all.resize(std::min(k, all.size()));
  return all;
}

std::vector<IndexedValue> Top(absl::Span<const float> x, size_t k) {
  std::vector<IndexedValue> top(k);
  top.resize(TopK(x, absl::MakeSpan(top)));
  return top;
}

TEST(TopKTest, MatchesASort) {
  OnEveryTarget([] {
    for (size_t n : Lengths()) {
      for (size_t k : {1, 2, 3, 8, 64, 100}) {
        MisalignedCopy x(RandomFloats(n).Normal(n), k % 5);
        ASSERT_EQ(Top(x.span(), k), Reference(x.span(), k)) << n << ", " << k;
      }
    }
  });
}

TEST(TopKTest, EqualOnesByRisingIndex) {
  OnEveryTarget([] {
    std::mt19937 generator(1);
    for (size_t n : {5, 64, 333, 3000}) {
      std::vector<float> x(n);
      for (float& v : x) v = static_cast<float>(generator() % 7);
      for (size_t k : {1, 4, 16, 64}) {
        ASSERT_EQ(Top(x, k), Reference(x, k)) << n << ", " << k;
      }
    }
    EXPECT_EQ(Top(std::vector<float>(100, 1.0f), 3),
              Reference(std::vector<float>(100, 1.0f), 3));
  });
}

TEST(TopKTest, WidestBeamOfALargeVocabulary) {
  OnEveryTarget([] {
    std::vector<float> x = RandomFloats(1).Normal(58101);
    EXPECT_EQ(Top(x, 64), Reference(x, 64));
    std::sort(x.begin(), x.end());
    EXPECT_EQ(Top(x, 64), Reference(x, 64)) << "rising";
    std::reverse(x.begin(), x.end());
    EXPECT_EQ(Top(x, 64), Reference(x, 64)) << "falling";
  });
}

TEST(TopKTest, MinusInfinityIsNeverChosen) {
  OnEveryTarget([] {
    std::vector<float> x(500, -kInf);
    EXPECT_THAT(Top(x, 8), IsEmpty());
    x[499] = -3e38f;
    x[7] = kInf;
    EXPECT_THAT(Top(x, 8),
                ElementsAre(IndexedValue{7, kInf}, IndexedValue{499, -3e38f}));
  });
}

TEST(TopKTest, NoMoreThanThereAre) {
  OnEveryTarget([] {
    EXPECT_THAT(Top({}, 4), IsEmpty());
    EXPECT_THAT(Top({1.0f, 2.0f}, 0), IsEmpty());
    EXPECT_THAT(Top({1.0f, 2.0f}, 4),
                ElementsAre(IndexedValue{1, 2.0f}, IndexedValue{0, 1.0f}));
  });
}

TEST(InsertTopTest, BlocksGiveTheTopOfTheWhole) {
  OnEveryTarget([] {
    std::mt19937 generator(3);
    std::vector<float> x(700);
    // Few values, so that many are equal.
    for (float& number : x) number = static_cast<float>(generator() % 50);
    for (const size_t wanted : {1, 8, 64}) {
      std::vector<IndexedValue> expected(wanted), top(wanted);
      TopK(x, absl::MakeSpan(expected));
      int count = 0;
      for (size_t begin = 0; begin < x.size(); begin += 33) {
        count =
            InsertTop(absl::MakeConstSpan(x).subspan(begin, 33),
                      static_cast<int32_t>(begin), count, absl::MakeSpan(top));
      }
      ASSERT_EQ(count, static_cast<int>(wanted));
      for (size_t i = 0; i < wanted; ++i) {
        ASSERT_EQ(top[i].index, expected[i].index) << i;
        ASSERT_EQ(top[i].value, expected[i].value) << i;
      }
    }
  });
}

}  // namespace
}  // namespace parley::kernels
