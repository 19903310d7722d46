// Products in f32 with AVX2.
#include <immintrin.h>

#include <cstdint>

#include "engine/kernels/packed/avx2_results-inl.h"
#include "engine/kernels/packed/product_targets.h"
#include "hwy/base.h"

HWY_PUSH_ATTRIBUTES("avx2,fma")
namespace parley::kernels {
namespace {

using avx2::kLanes;
using avx2::kOutputs;
using avx2::kVectors;

// Eight sums of one row, from output `first` on.
HWY_INLINE void WriteSums(const PackedProduct& product, int64_t row,
                          int64_t first, __m256 sums) {
  avx2::WriteResults(
      product, row, first,
      _mm256_add_ps(sums, _mm256_loadu_ps(product.bias + first)));
}

// kRows rows and kPanels panels, in registers over all inputs: each sum takes
// its products in the same order, whatever kRows and kPanels are.
template <int kRows, int kPanels>
void MultiplyInRegisters(const PackedProduct& product, int64_t row,
                         int64_t panel) {
  const PackedShape& shape = product.weight->shape;
  const int64_t row_floats = shape.row_bytes() / int64_t{sizeof(float)};
  const int64_t panel_floats = shape.panel_bytes() / int64_t{sizeof(float)};
  const float* x =
      reinterpret_cast<const float*>(product.rows) + row * row_floats;
  const float* weight =
      reinterpret_cast<const float*>(product.weight->panels.data()) +
      panel * panel_floats;
  __m256 sums[kRows][kPanels * kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kPanels * kVectors; ++v) {
      sums[r][v] = _mm256_setzero_ps();
    }
  }
  for (int64_t input = 0; input < shape.in_features; ++input) {
    __m256 factors[kPanels * kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kPanels * kVectors; ++v) {
      factors[v] = _mm256_loadu_ps(weight + v / kVectors * panel_floats +
                                   input * kOutputs + v % kVectors * kLanes);
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const __m256 number = _mm256_broadcast_ss(x + r * row_floats + input);
#pragma GCC unroll 8
      for (int v = 0; v < kPanels * kVectors; ++v) {
        sums[r][v] = _mm256_fmadd_ps(number, factors[v], sums[r][v]);
      }
    }
  }
  // Unrolled as well: an array that is indexed at run time lives in memory.
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kPanels * kVectors; ++v) {
      WriteSums(product, row + r, panel * kOutputs + v * kLanes, sums[r][v]);
    }
  }
}

// Six rows by one panel fill the registers; their panel stays in the cache for
// the rows that follow.
void MultiplyPanel(const PackedProduct& product, int64_t panel) {
  int64_t row = 0;
  for (; row + 6 <= product.num_rows; row += 6) {
    MultiplyInRegisters<6, 1>(product, row, panel);
  }
  switch (product.num_rows - row) {
    case 1:
      return MultiplyInRegisters<1, 1>(product, row, panel);
    case 2:
      return MultiplyInRegisters<2, 1>(product, row, panel);
    case 3:
      return MultiplyInRegisters<3, 1>(product, row, panel);
    case 4:
      return MultiplyInRegisters<4, 1>(product, row, panel);
    case 5:
      return MultiplyInRegisters<5, 1>(product, row, panel);
    default:
      return;
  }
}

}  // namespace

void F32ProductAvx2(const PackedProduct& product) {
  int64_t panel = product.first_panel;
  // Fewer rows leave registers for more panels, whose sums do not wait for each
  // other.
  const auto run = [&]<int kRows, int kPanels>() {
    for (; panel + kPanels <= product.end_panel; panel += kPanels) {
      MultiplyInRegisters<kRows, kPanels>(product, 0, panel);
    }
  };
  switch (product.num_rows) {
    case 1:
      run.operator()<1, 4>();
      break;
    case 2:
      run.operator()<2, 2>();
      break;
    case 3:
      run.operator()<3, 2>();
      break;
    default:
      break;
  }
  for (; panel < product.end_panel; ++panel) MultiplyPanel(product, panel);
}

}  // namespace parley::kernels
HWY_POP_ATTRIBUTES
