// oneDNN's matmul primitives for one shape of linear layer, prepared for a few
// row counts that agree with each other bit for bit.
#ifndef PARLEY_ENGINE_KERNELS_ONEDNN_PREPARED_MATMUL_H_
#define PARLEY_ENGINE_KERNELS_ONEDNN_PREPARED_MATMUL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "dnnl.hpp"
#include "engine/kernels/onednn/matmul_state.h"

namespace parley::kernels {

// The row counts that a shape is prepared for, rising.
inline constexpr int64_t kPreparedRowCounts[] = {1,  2,  4,  8,   16,  24, 32,
                                                 48, 64, 96, 128, 192, 256};
inline constexpr int64_t kMaxPreparedRows = 256;

struct MatmulShape {
  int64_t in_features = 0;
  int64_t out_features = 0;
  bool has_bias = false;
};

// The processor as oneDNN knows it. Any thread.
const dnnl::engine& CpuEngine();

// Any number of threads may share one. The primitives are immutable and keep no
// state: what a run writes to is an argument, which `states` has for it.
//
// Where a row's result would depend on the number of rows it is computed with
// (oneDNN without AVX-512 takes other paths for few rows, and for the last ones
// of a block), the row counts that differ from the majority are left out.
class PreparedMatmul {
 public:
  struct Primitive {
    int64_t num_rows = 0;
    dnnl::matmul matmul;
    dnnl::memory::desc source;  // [num_rows, in_features]
    dnnl::memory::desc result;  // [num_rows, out_features]
  };

  // The primitives for `shape` and the calling thread's number of OpenMP
  // threads. Made once and shared for as long as someone holds them; making
  // them takes milliseconds, and for a vocabulary's shape some tenths of a
  // second, as it multiplies random matrices to compare the row counts.
  // INTERNAL where oneDNN fails. Any thread.
  static absl::StatusOr<std::shared_ptr<const PreparedMatmul>> Get(
      const MatmulShape& shape);

  // As Get, but always anew; throws dnnl::error.
  explicit PreparedMatmul(const MatmulShape& shape);

  const MatmulShape& shape() const { return shape_; }

  // By rising row count; at least one. A subset of kPreparedRowCounts.
  const std::vector<Primitive>& primitives() const { return primitives_; }

  // How all of them want the weight, [in_features, out_features], packed.
  const dnnl::memory::desc& packed_weight() const { return packed_weight_; }
  const dnnl::memory::desc& bias() const { return bias_; }  // [out_features]

  // What the greediest of them needs.
  size_t scratchpad_bytes() const { return scratchpad_bytes_; }

  // For runs of them.
  MatmulStatePool& states() const { return states_; }

 private:
  void KeepAgreeing();

  const MatmulShape shape_;
  std::vector<Primitive> primitives_;
  dnnl::memory::desc packed_weight_;
  dnnl::memory::desc bias_;
  size_t scratchpad_bytes_ = 0;
  mutable MatmulStatePool states_;
};

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_ONEDNN_PREPARED_MATMUL_H_
