// Products of a few rows, which take as long as their weight takes to come from
// memory: read it as fast as memory gives it.
#ifndef PARLEY_ENGINE_KERNELS_ONEDNN_FEW_ROWS_H_
#define PARLEY_ENGINE_KERNELS_ONEDNN_FEW_ROWS_H_

#include <cstdint>

#include "dnnl.hpp"

namespace parley::kernels {

inline constexpr int64_t kMaxFewRows = 8;

// A weight as oneDNN packs it for f32 with AVX-512: for each 64 outputs, their
// weights of one input after the other. Both are padded with zeros.
struct FewRowsWeight {
  const float* packed = nullptr;  // [padded_out / 64, padded_in, 64]
  const float* bias = nullptr;    // [out_features], or null for none.
  int64_t in_features = 0;
  int64_t padded_in = 0;
  int64_t out_features = 0;
  // Sums start anew after so many inputs, and are added up in order: how
  // oneDNN divides long sums decides their last bits.
  int64_t inputs_per_sum = 0;
};

// Whether `packed` is that layout, and the processor has what it takes.
bool IsForFewRows(const dnnl::memory::desc& packed);

// y = x * weight^T + bias; x: [num_rows, in_features], y: [num_rows,
// out_features]. With the calling thread's OpenMP team.
// REQUIRES: num_rows <= kMaxFewRows
void MultiplyFewRows(const FewRowsWeight& weight, const float* x,
                     int64_t num_rows, float* y);

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_ONEDNN_FEW_ROWS_H_
