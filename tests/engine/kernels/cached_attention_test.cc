#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "absl/types/span.h"
#include "engine/kernels/attention.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/attention_reference.h"
#include "tests/engine/kernels/every_target.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

constexpr int kNumSlots = 300;

// A cache of many slots, of which a row sees some.
struct Cache {
  explicit Cache(const AttentionShape& shape)
      : shape(shape),
        stride(shape.d_model() + 3),
        key(RandomFloats(1).Normal(kNumSlots * stride)),
        value(RandomFloats(2).Normal(kNumSlots * stride)) {}

  CachedKeyValues view() const {
    return {{key.data(), stride}, {value.data(), stride}};
  }

  AttentionShape shape;
  int64_t stride;
  std::vector<float> key, value;
};

std::vector<int32_t> RandomSlots(size_t count) {
  std::vector<int32_t> slots(kNumSlots);
  std::iota(slots.begin(), slots.end(), 0);
  RandomFloats random(count);
  std::shuffle(slots.begin(), slots.end(), random.generator());
  slots.resize(count);
  return slots;
}

std::vector<float> Attend(const Cache& cache, absl::Span<const float> query,
                          absl::Span<const int32_t> slots) {
  std::vector<float> output(query.size(), std::nanf(""));
  std::vector<float> scratch(cache.shape.num_heads * slots.size(),
                             std::nanf(""));
  CachedAttention(cache.shape, query, cache.view(), slots,
                  absl::MakeSpan(scratch), absl::MakeSpan(output));
  return output;
}

void ExpectAttended(const Cache& cache, size_t num_positions) {
  const AttentionShape& shape = cache.shape;
  const std::vector<float> query = RandomFloats(3).Normal(shape.d_model());
  const std::vector<int32_t> slots = RandomSlots(num_positions);
  const std::vector<float> output = Attend(cache, query, slots);
  for (int h = 0; h < shape.num_heads; ++h) {
    std::vector<const float*> keys, values;
    for (int32_t slot : slots) {
      const int64_t start = slot * cache.stride + h * shape.head_dim;
      keys.push_back(cache.key.data() + start);
      values.push_back(cache.value.data() + start);
    }
    const AttentionReference expected = ReferenceAttention(
        shape.head_dim, query.data() + h * shape.head_dim, keys, values);
    for (int d = 0; d < shape.head_dim; ++d) {
      ASSERT_NEAR(output[h * shape.head_dim + d], expected.output[d],
                  expected.tolerance)
          << "head " << h << ", dimension " << d;
    }
  }
}

TEST(CachedAttentionTest, EveryNumberOfPositions) {
  OnEveryTarget([] {
    const Cache cache({.num_heads = 3, .head_dim = 16});
    for (int count = 1; count <= 70; ++count) {
      SCOPED_TRACE(count);
      ExpectAttended(cache, count);
    }
    ExpectAttended(cache, kNumSlots);
  });
}

TEST(CachedAttentionTest, EveryHeadDim) {
  OnEveryTarget([] {
    for (int head_dim :
         {1, 2, 3, 4, 7, 8, 15, 17, 24, 32, 33, 64, 80, 128, 130, 256}) {
      SCOPED_TRACE(head_dim);
      const Cache cache({.num_heads = 2, .head_dim = head_dim});
      ExpectAttended(cache, 1);
      ExpectAttended(cache, 6);
      ExpectAttended(cache, 37);
    }
  });
}

TEST(CachedAttentionTest, BitsDependOnTheOrderOfPositionsNotOnTheirPlace) {
  OnEveryTarget([] {
    const Cache cache({.num_heads = 8, .head_dim = 64});
    const std::vector<float> query = RandomFloats(4).Normal(512);
    const std::vector<int32_t> slots = RandomSlots(29);
    // The same rows, moved to the front.
    Cache moved = cache;
    std::vector<int32_t> front(slots.size());
    for (size_t i = 0; i < slots.size(); ++i) {
      front[i] = static_cast<int32_t>(i);
      std::copy_n(cache.key.begin() + slots[i] * cache.stride, 512,
                  moved.key.begin() + i * cache.stride);
      std::copy_n(cache.value.begin() + slots[i] * cache.stride, 512,
                  moved.value.begin() + i * cache.stride);
    }
    EXPECT_EQ(Attend(cache, query, slots), Attend(moved, query, front));
  });
}

TEST(CachedAttentionTest, OutputMayBeTheQuery) {
  OnEveryTarget([] {
    const Cache cache({.num_heads = 2, .head_dim = 20});
    std::vector<float> query = RandomFloats(4).Normal(40);
    const std::vector<int32_t> slots = RandomSlots(11);
    const std::vector<float> expected = Attend(cache, query, slots);
    std::vector<float> scratch(2 * 11);
    CachedAttention(cache.shape, query, cache.view(), slots,
                    absl::MakeSpan(scratch), absl::MakeSpan(query));
    EXPECT_EQ(query, expected);
  });
}

TEST(CachedAttentionTest, NanInAKeyIsNotPassedOver) {
  OnEveryTarget([] {
    for (size_t bad : {0, 4, 10}) {
      Cache cache({.num_heads = 1, .head_dim = 20});
      const std::vector<int32_t> slots = RandomSlots(11);
      cache.key[slots[bad] * cache.stride + 19] = std::nanf("");
      EXPECT_THAT(Attend(cache, RandomFloats(4).Normal(20), slots),
                  testing::Each(testing::IsNan()));
    }
  });
}

}  // namespace
}  // namespace parley::kernels
