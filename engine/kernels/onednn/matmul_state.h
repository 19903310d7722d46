// What a run of a prepared matmul writes to, and the pools that runs at the
// same time take it from.
#ifndef PARLEY_ENGINE_KERNELS_ONEDNN_MATMUL_STATE_H_
#define PARLEY_ENGINE_KERNELS_ONEDNN_MATMUL_STATE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dnnl.hpp"
#include "engine/tensor/tensor.h"

namespace parley::kernels {

class PreparedMatmul;

// A packed weight and its bias, as oneDNN takes them; owned elsewhere.
struct MatmulWeight {
  dnnl_memory_t weight = nullptr;  // [in_features, out_features]
  dnnl_memory_t bias = nullptr;    // [out_features]; null: none.
};

// Memory objects, scratchpad and buffers of one run at a time; any weight of
// the shape will do. Not thread-safe.
class MatmulState {
 public:
  // `prepared` must outlive it. Throws dnnl::error.
  explicit MatmulState(const PreparedMatmul& prepared);

  // y = x * weight + bias, in as few pieces as the prepared row counts allow;
  // with the calling thread's OpenMP team. Buffers as Linear::Run has them.
  void Multiply(const MatmulWeight& weight, const float* x, int64_t num_rows,
                float* y);

 private:
  // One of the prepared primitives, with memory objects whose data are set for
  // each call.
  struct Tile {
    int64_t num_rows;
    dnnl_primitive_t primitive;
    dnnl::memory source;  // [num_rows, in_features]
    dnnl::memory result;  // [num_rows, out_features]
  };

  const Tile& TileFor(int64_t num_rows) const;
  int64_t MaxPaddedRows() const;
  void Execute(const Tile& tile, const MatmulWeight& weight, const float* x,
               float* y);

  const int64_t in_features_;
  const int64_t out_features_;
  dnnl::stream stream_;
  std::vector<char> scratchpad_bytes_;
  dnnl::memory scratchpad_;
  std::vector<Tile> tiles_;  // By rising row count.
  // For tiles that reach beyond the caller's buffers.
  FloatBuffer padded_source_;
  FloatBuffer padded_result_;
};

// The states of one prepared matmul that nobody is using. Any thread; no locks:
// whoever finds none makes another, so that there are about as many as were
// ever used at the same time.
class MatmulStatePool {
 public:
  // `prepared` must outlive it.
  explicit MatmulStatePool(const PreparedMatmul& prepared)
      : prepared_(prepared) {}
  ~MatmulStatePool();
  MatmulStatePool(const MatmulStatePool&) = delete;
  MatmulStatePool& operator=(const MatmulStatePool&) = delete;

  // A thread that takes again gets what it gave back, if it is still there:
  // that is warm in its caches. Ends the process where there is no memory.
  std::unique_ptr<MatmulState> Take();
  void GiveBack(std::unique_ptr<MatmulState> state);

 private:
  // More idle ones are not kept.
  static constexpr size_t kMaxIdle = 64;

  const PreparedMatmul& prepared_;
  std::array<std::atomic<MatmulState*>, kMaxIdle> idle_ = {};  // Owned.
};

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_ONEDNN_MATMUL_STATE_H_
