// Packed products with AVX2, with and without VNNI.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/kernels/packed/avx2_results-inl.h"
#include "engine/kernels/packed/product_targets.h"
#include "hwy/base.h"

HWY_PUSH_ATTRIBUTES("avx2,fma,avxvnni")
namespace parley::kernels {
namespace {

using avx2::kLanes;
using avx2::kOutputs;
using avx2::kVectors;

constexpr int64_t kChunk = PackedShape::kChunkBytes;

// The last instruction of each is written out: GCC 12 moves sums about and
// spills some of them where it may choose registers.
struct Vnni {
  static HWY_INLINE __m256i Add(__m256i sums, __m256i row, __m256i panel) {
    asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sums) : "x"(row), "x"(panel));
    return sums;
  }
};

struct MultiplyAdd {
  static HWY_INLINE __m256i Add(__m256i sums, __m256i row, __m256i panel) {
    const __m256i pairs = _mm256_maddubs_epi16(row, panel);
    const __m256i added = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    asm("vpaddd %1, %0, %0" : "+x"(sums) : "x"(added));
    return sums;
  }
};

// Eight sums of one row, from output `first` on.
HWY_INLINE void WriteSums(const PackedProduct& product, int64_t row,
                          int64_t first, __m256i sums) {
  const RowRange range = product.ranges[row];
  const PackedWeight& weight = *product.weight;
  const __m256i totals = _mm256_loadu_si256(
      reinterpret_cast<const __m256i*>(weight.sums.data() + first));
  const __m256i shifted = _mm256_sub_epi32(
      sums, _mm256_mullo_epi32(totals, _mm256_set1_epi32(range.zero)));
  const __m256 scale =
      _mm256_mul_ps(_mm256_loadu_ps(weight.scales.data() + first),
                    _mm256_set1_ps(range.scale));
  const __m256 result = _mm256_fmadd_ps(_mm256_cvtepi32_ps(shifted), scale,
                                        _mm256_loadu_ps(product.bias + first));
  avx2::WriteResults(product, row, first, result);
}

// kRows rows and kPanels panels, in registers over all inputs.
template <class Instruction, int kRows, int kPanels>
void MultiplyInRegisters(const PackedProduct& product, int64_t row,
                         int64_t panel) {
  const int64_t row_bytes = product.weight->shape.row_bytes();
  const int64_t panel_bytes = product.weight->shape.panel_bytes();
  const std::byte* x = product.rows + row * row_bytes;
  const std::byte* weight = product.weight->panels.data() + panel * panel_bytes;
  __m256i sums[kRows][kPanels * kVectors];
  // Every loop over the sums is unrolled: GCC keeps an array in memory where
  // one is not.
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kPanels * kVectors; ++v) {
      sums[r][v] = _mm256_setzero_si256();
    }
  }
  for (int64_t group = 0; group < row_bytes / 4; ++group) {
    __m256i broadcast[kRows];
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      int32_t numbers;
      std::memcpy(&numbers, x + r * row_bytes + group * 4, sizeof(numbers));
      broadcast[r] = _mm256_set1_epi32(numbers);
    }
#pragma GCC unroll 4
    for (int v = 0; v < kPanels * kVectors; ++v) {
      const __m256i factors =
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(
              weight + v / kVectors * panel_bytes + group * kChunk +
              v % kVectors * (kChunk / kVectors)));
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) {
        sums[r][v] = Instruction::Add(sums[r][v], broadcast[r], factors);
      }
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kPanels * kVectors; ++v) {
      WriteSums(product, row + r, panel * kOutputs + v * kLanes, sums[r][v]);
    }
  }
}

template <class Instruction, int kPanels>
void MultiplyRows(const PackedProduct& product, int64_t panel) {
  int64_t row = 0;
  if constexpr (kPanels == 1) {
    for (; row + 4 <= product.num_rows; row += 4) {
      MultiplyInRegisters<Instruction, 4, 1>(product, row, panel);
    }
  }
  for (; row + 2 <= product.num_rows; row += 2) {
    MultiplyInRegisters<Instruction, 2, kPanels>(product, row, panel);
  }
  if (row < product.num_rows) {
    MultiplyInRegisters<Instruction, 1, kPanels>(product, row, panel);
  }
}

template <class Instruction>
void Multiply(const PackedProduct& product) {
  int64_t panel = product.first_panel;
  // Four rows by one panel fill the registers; with fewer rows, two panels do.
  if (product.num_rows < 4) {
    for (; panel + 2 <= product.end_panel; panel += 2) {
      MultiplyRows<Instruction, 2>(product, panel);
    }
  }
  for (; panel < product.end_panel; ++panel) {
    MultiplyRows<Instruction, 1>(product, panel);
  }
}

}  // namespace

void Int8ProductAvx2Vnni(const PackedProduct& product) {
  Multiply<Vnni>(product);
}

void Int8ProductAvx2(const PackedProduct& product) {
  Multiply<MultiplyAdd>(product);
}

}  // namespace parley::kernels
HWY_POP_ATTRIBUTES
