// How results of packed products are written with AVX2; what the kernels of
// product_avx2.cc and f32_product_avx2.cc share.
#ifndef PARLEY_ENGINE_KERNELS_PACKED_AVX2_RESULTS_INL_H_
#define PARLEY_ENGINE_KERNELS_PACKED_AVX2_RESULTS_INL_H_

#include <immintrin.h>

#include <algorithm>
#include <cstdint>

#include "engine/kernels/packed/product.h"
#include "hwy/base.h"

HWY_PUSH_ATTRIBUTES("avx2,fma")
namespace parley::kernels::avx2 {

inline constexpr int kOutputs = PackedShape::kPanelOutputs;
inline constexpr int kLanes = 8;
inline constexpr int kVectors = kOutputs / kLanes;  // Of a panel.

// Eight results of one row, from output `first` on; those beyond the last
// output are dropped.
HWY_INLINE void WriteResults(const PackedProduct& product, int64_t row,
                             int64_t first, __m256 results) {
  float* y = product.y + row * product.y_stride + first -
             product.first_panel * kOutputs;
  const int64_t left = product.weight->shape.out_features - first;
  if (left >= kLanes) {
    _mm256_storeu_ps(y, results);
    return;
  }
  float lanes[kLanes];
  _mm256_storeu_ps(lanes, results);
  std::copy_n(lanes, std::max<int64_t>(0, left), y);
}

}  // namespace parley::kernels::avx2
HWY_POP_ATTRIBUTES

#endif  // PARLEY_ENGINE_KERNELS_PACKED_AVX2_RESULTS_INL_H_
