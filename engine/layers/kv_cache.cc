#include "engine/layers/kv_cache.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace parley {

absl::StatusOr<KvPool> KvPool::Create(const KvShape& shape, int64_t num_bytes) {
  const int64_t block_bytes = int64_t{kSlotsPerBlock} * shape.num_layers * 2 *
                              shape.d_model * int64_t{sizeof(float)};
  PARLEY_CHECK(block_bytes > 0);
  if (num_bytes < block_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a KV cache of ", num_bytes, " bytes is too small: this ",
                     "model needs ", block_bytes, " for each block of ",
                     kSlotsPerBlock, " positions"));
  }
  return KvPool(shape, num_bytes / block_bytes);
}

KvPool::KvPool(const KvShape& shape, int64_t num_blocks)
    : shape_(shape),
      num_blocks_(num_blocks),
      data_(FloatBuffer::Uninitialized(num_blocks * kSlotsPerBlock *
                                       shape.num_layers * 2 * shape.d_model)) {
  // The lowest number last, to be taken first: what has been touched once is
  // used again before new pages are.
  for (int64_t block = num_blocks; block-- > 0;) {
    free_blocks_.push_back(static_cast<int32_t>(block));
  }
}

int32_t KvPool::TakeBlock() {
  PARLEY_CHECK(!free_blocks_.empty());
  const int32_t block = free_blocks_.back();
  free_blocks_.pop_back();
  return block;
}

void KvPool::ReturnBlock(int32_t block) { free_blocks_.push_back(block); }

kernels::CachedKeyValues KvPool::layer(int layer) const {
  const float* base = data_.data() + Offset(layer, 0);
  const int64_t stride = int64_t{2} * shape_.d_model;
  return {.key = {base, stride}, .value = {base + shape_.d_model, stride}};
}

TaskSlots::~TaskSlots() {
  for (const int32_t block : blocks_) pool_->ReturnBlock(block);
}

void TaskSlots::Prepare(int64_t num_pinned, int64_t num_live) {
  const int64_t num_blocks = KvPool::BlocksFor(num_pinned + num_live) + 1;
  blocks_.reserve(num_blocks);
  free_.reserve(num_blocks * KvPool::kSlotsPerBlock);
  taken_.reserve(num_blocks * KvPool::kSlotsPerBlock);
  marked_.reserve(num_live);
}

bool TaskSlots::Reserve(int count,
                        absl::Span<const std::vector<int32_t>> live) {
  if (static_cast<int>(free_.size()) >= count) return true;
  Sweep(live);
  const int64_t missing = count - static_cast<int64_t>(free_.size());
  if (missing <= 0) return true;
  const int64_t wanted = KvPool::BlocksFor(missing);
  if (pool_->num_free_blocks() < wanted) return false;
  for (int64_t i = 0; i < wanted; ++i) {
    const int32_t block = pool_->TakeBlock();
    blocks_.push_back(block);
    for (int slot = KvPool::kSlotsPerBlock; slot-- > 0;) {
      free_.push_back(block * KvPool::kSlotsPerBlock + slot);
    }
  }
  return true;
}

int32_t TaskSlots::Take() {
  PARLEY_CHECK(!free_.empty());
  const int32_t slot = free_.back();
  free_.pop_back();
  taken_.push_back(slot);
  return slot;
}

void TaskSlots::Pin() { taken_.clear(); }

void TaskSlots::Sweep(absl::Span<const std::vector<int32_t>> live) {
  marked_.clear();
  for (const std::vector<int32_t>& slots : live) {
    marked_.insert(marked_.end(), slots.begin(), slots.end());
  }
  std::sort(marked_.begin(), marked_.end());
  const auto is_dead = [this](int32_t slot) {
    return !std::binary_search(marked_.begin(), marked_.end(), slot);
  };
  const auto dead =
      std::partition(taken_.begin(), taken_.end(),
                     [&](int32_t slot) { return !is_dead(slot); });
  free_.insert(free_.end(), dead, taken_.end());
  taken_.erase(dead, taken_.end());
}

}  // namespace parley
