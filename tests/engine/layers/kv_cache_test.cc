#include "engine/layers/kv_cache.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::UnorderedElementsAre;

constexpr KvShape kShape = {.num_layers = 3, .d_model = 4};
constexpr int64_t kSlotBytes = 3 * 2 * 4 * sizeof(float);
constexpr int64_t kBlockBytes = KvPool::kSlotsPerBlock * kSlotBytes;

KvPool CreatePool(int64_t num_blocks) {
  auto pool = KvPool::Create(kShape, num_blocks * kBlockBytes);
  EXPECT_TRUE(pool.ok()) << pool.status();
  return std::move(*pool);
}

TEST(KvPoolTest, HasAsManyBlocksAsFit) {
  EXPECT_EQ(CreatePool(5).num_blocks(), 5);
  auto pool = KvPool::Create(kShape, 6 * kBlockBytes - 1);
  ASSERT_TRUE(pool.ok());
  EXPECT_EQ(pool->num_blocks(), 5);
}

TEST(KvPoolTest, RefusesToBeSmallerThanABlock) {
  const auto pool = KvPool::Create(kShape, kBlockBytes - 1);
  EXPECT_TRUE(absl::IsInvalidArgument(pool.status())) << pool.status();
}

TEST(KvPoolTest, BlocksForRoundsUp) {
  EXPECT_EQ(KvPool::BlocksFor(0), 0);
  EXPECT_EQ(KvPool::BlocksFor(1), 1);
  EXPECT_EQ(KvPool::BlocksFor(16), 1);
  EXPECT_EQ(KvPool::BlocksFor(17), 2);
}

TEST(KvPoolTest, EverySlotOfEveryLayerHasItsOwnMemory) {
  KvPool pool = CreatePool(2);
  const int num_slots = 2 * KvPool::kSlotsPerBlock;
  float next = 0;
  for (int layer = 0; layer < kShape.num_layers; ++layer) {
    for (int slot = 0; slot < num_slots; ++slot) {
      std::generate_n(pool.slot(layer, slot), 2 * kShape.d_model,
                      [&next] { return next++; });
    }
  }
  float expected = 0;
  for (int layer = 0; layer < kShape.num_layers; ++layer) {
    const kernels::CachedKeyValues cache = pool.layer(layer);
    for (int slot = 0; slot < num_slots; ++slot) {
      const float* key = cache.key.data + slot * cache.key.stride;
      const float* value = cache.value.data + slot * cache.value.stride;
      for (int i = 0; i < kShape.d_model; ++i) {
        EXPECT_EQ(key[i], expected + i);
        EXPECT_EQ(value[i], expected + kShape.d_model + i);
      }
      expected += 2 * kShape.d_model;
    }
  }
}

TEST(TaskSlotsTest, GivesItsBlocksBack) {
  KvPool pool = CreatePool(4);
  {
    TaskSlots slots(&pool);
    EXPECT_TRUE(slots.Reserve(40, {}));
    EXPECT_EQ(slots.num_blocks(), 3);
    EXPECT_EQ(pool.num_free_blocks(), 1);
  }
  EXPECT_EQ(pool.num_free_blocks(), 4);
}

TEST(TaskSlotsTest, TakesNothingWhereThePoolDoesNotSuffice) {
  KvPool pool = CreatePool(2);
  TaskSlots first(&pool);
  EXPECT_TRUE(first.Reserve(17, {}));
  TaskSlots second(&pool);
  EXPECT_FALSE(second.Reserve(1, {}));
  EXPECT_EQ(second.num_blocks(), 0);
  EXPECT_TRUE(first.Reserve(32, {}));
  EXPECT_FALSE(first.Reserve(33, {}));
}

TEST(TaskSlotsTest, ReusesWhatNobodyDescendsFrom) {
  KvPool pool = CreatePool(1);
  TaskSlots slots(&pool);
  ASSERT_TRUE(slots.Reserve(16, {}));
  std::vector<int32_t> taken;
  for (int i = 0; i < 16; ++i) taken.push_back(slots.Take());
  const std::vector<std::vector<int32_t>> live = {
      {taken[0], taken[1], taken[4]}, {taken[0], taken[2]}};
  EXPECT_FALSE(slots.Reserve(13, live));
  ASSERT_TRUE(slots.Reserve(12, live));
  std::set<int32_t> again;
  for (int i = 0; i < 12; ++i) again.insert(slots.Take());
  EXPECT_EQ(again.size(), 12u);
  for (const int kept : {0, 1, 2, 4}) EXPECT_FALSE(again.count(taken[kept]));
}

TEST(TaskSlotsTest, NeverReusesPinnedSlots) {
  KvPool pool = CreatePool(1);
  TaskSlots slots(&pool);
  ASSERT_TRUE(slots.Reserve(3, {}));
  const std::set<int32_t> source = {slots.Take(), slots.Take(), slots.Take()};
  slots.Pin();
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(slots.Reserve(13, {}));
    EXPECT_FALSE(slots.Reserve(14, {}));
    for (int i = 0; i < 13; ++i) EXPECT_FALSE(source.count(slots.Take()));
  }
}

// Beams that fork and die at random: no slot is ever in two places, and what a
// live history wrote is still there.
TEST(TaskSlotsTest, RandomBeamsKeepTheirHistories) {
  KvPool pool = CreatePool(64);
  std::mt19937 random(1);
  TaskSlots slots(&pool);
  constexpr int kBeams = 5;
  std::vector<std::vector<int32_t>> histories(1);
  std::vector<std::vector<float>> written(1);
  float next = 1;
  for (int step = 0; step < 60; ++step) {
    ASSERT_TRUE(slots.Reserve(histories.size(), histories));
    for (size_t row = 0; row < histories.size(); ++row) {
      const int32_t slot = slots.Take();
      for (const auto& other : histories) {
        ASSERT_EQ(std::count(other.begin(), other.end(), slot), 0);
      }
      histories[row].push_back(slot);
      written[row].push_back(next);
      *pool.slot(0, slot) = next++;
    }
    for (size_t row = 0; row < histories.size(); ++row) {
      for (size_t i = 0; i < histories[row].size(); ++i) {
        ASSERT_EQ(*pool.slot(0, histories[row][i]), written[row][i]);
      }
    }
    std::vector<std::vector<int32_t>> next_histories;
    std::vector<std::vector<float>> next_written;
    for (int beam = 0; beam < kBeams; ++beam) {
      const size_t parent = random() % histories.size();
      next_histories.push_back(histories[parent]);
      next_written.push_back(written[parent]);
    }
    histories.swap(next_histories);
    written.swap(next_written);
  }
  // Far fewer than 60 x 5 positions are alive at any time.
  EXPECT_LT(slots.num_blocks() * KvPool::kSlotsPerBlock, 60 * kBeams / 2);
}

}  // namespace
}  // namespace parley
