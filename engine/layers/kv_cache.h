// Keys and values of earlier positions: one pool of memory for all tasks.
#ifndef PARLEY_ENGINE_LAYERS_KV_CACHE_H_
#define PARLEY_ENGINE_LAYERS_KV_CACHE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/kernels/attention.h"
#include "engine/tensor/tensor.h"

namespace parley {

struct KvShape {
  int num_layers = 0;
  int d_model = 0;
};

// Memory for keys and values, sized once. A slot holds one position: its key
// and value in every layer. Slots are handed out in blocks; a slot that has
// been written is never moved, so a hypothesis is a list of slot numbers and a
// beam reorder permutes such lists.
//
// Not thread-safe.
class KvPool {
 public:
  static constexpr int kSlotsPerBlock = 16;

  // INVALID_ARGUMENT where `num_bytes` has no room for a single block.
  static absl::StatusOr<KvPool> Create(const KvShape& shape, int64_t num_bytes);

  int64_t num_blocks() const { return num_blocks_; }
  int64_t num_free_blocks() const {
    return static_cast<int64_t>(free_blocks_.size());
  }
  static int64_t BlocksFor(int64_t num_slots) {
    return (num_slots + kSlotsPerBlock - 1) / kSlotsPerBlock;
  }

  // Takes a free block. REQUIRES: num_free_blocks() > 0
  int32_t TakeBlock();
  void ReturnBlock(int32_t block);

  // Key, then value, of one slot: [2, d_model].
  float* slot(int layer, int32_t slot) {
    return data_.data() + Offset(layer, slot);
  }

  // All slots of a layer, as attention reads them.
  kernels::CachedKeyValues layer(int layer) const;

 private:
  KvPool(const KvShape& shape, int64_t num_blocks);
  int64_t Offset(int layer, int32_t slot) const {
    return (layer * num_blocks_ * kSlotsPerBlock + slot) * 2 * shape_.d_model;
  }

  KvShape shape_;
  int64_t num_blocks_;
  FloatBuffer data_;  // [num_layers, num_blocks * kSlotsPerBlock, 2, d_model]
  std::vector<int32_t> free_blocks_;
};

// The slots that one task holds, and which of them its hypotheses still need.
//
// Not thread-safe. Holds blocks of `pool`, which must outlive it; gives them
// back when destroyed.
class TaskSlots {
 public:
  explicit TaskSlots(KvPool* pool) : pool_(pool) {}
  ~TaskSlots();
  TaskSlots(const TaskSlots&) = delete;
  TaskSlots& operator=(const TaskSlots&) = delete;

  // Makes room to account for `num_pinned` slots and lists of live ones that
  // hold `num_live` in all: up to that, nothing below allocates.
  void Prepare(int64_t num_pinned, int64_t num_live);

  // Makes sure that Take can be called `count` times. First reuses the
  // positions that none of `live` (lists of slots) descends from, then takes
  // blocks of the pool; false, with nothing taken, where those do not suffice.
  bool Reserve(int count, absl::Span<const std::vector<int32_t>> live);

  // A slot to write. REQUIRES: reserved
  int32_t Take();

  // Keeps all slots taken so far for good: those of the source.
  void Pin();

  int64_t num_blocks() const { return static_cast<int64_t>(blocks_.size()); }

 private:
  // Puts the slots that are in neither `live` nor pinned back to free_.
  void Sweep(absl::Span<const std::vector<int32_t>> live);

  KvPool* const pool_;
  std::vector<int32_t> blocks_;
  std::vector<int32_t> free_;    // Slots, the next one last.
  std::vector<int32_t> taken_;   // Taken and not pinned.
  std::vector<int32_t> marked_;  // Scratch of Sweep.
};

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_KV_CACHE_H_
