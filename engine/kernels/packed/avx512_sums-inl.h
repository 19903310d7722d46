// How sums of packed products are made and written with AVX-512; what the
// kernels of product_avx512.cc and product_amx.cc share.
#ifndef PARLEY_ENGINE_KERNELS_PACKED_AVX512_SUMS_INL_H_
#define PARLEY_ENGINE_KERNELS_PACKED_AVX512_SUMS_INL_H_

// GCC 12 warns of its own intrinsics (GCC bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#ifndef __clang__  // Which does not know of it.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/kernels/packed/product.h"
#include "hwy/base.h"

// What the functions here are compiled for, and so all that they are inlined
// in.
#define PARLEY_AVX512_SETS                                    \
  "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16," \
  "amx-tile,amx-int8,amx-bf16,fma,avx2"

HWY_PUSH_ATTRIBUTES(PARLEY_AVX512_SETS)
namespace parley::kernels::avx512 {

inline constexpr int kOutputs = PackedShape::kPanelOutputs;
inline constexpr int64_t kChunk = PackedShape::kChunkBytes;

inline const std::byte* PanelAt(const PackedProduct& product, int64_t panel) {
  return product.weight->panels.data() +
         panel * product.weight->shape.panel_bytes();
}

// Where the panels of a product are read.
struct Panels {
  const std::byte* at;
  int64_t stride;  // In bytes, from one to the next.
};

// A group of a panel's inputs, multiplied as it is by 32 bits of a row.
struct WholeGroups {
  static constexpr int kParts = 1;  // Of a group, for as many times 32 bits.
  static constexpr bool kWidens = false;
  static HWY_INLINE __m512i Part(const std::byte* group, int part) {
    return _mm512_loadu_si512(group);
  }
};

// How the factors and sums of a type are made, and how sums become floats.
struct Int8 : WholeGroups {
  static constexpr int kRowNumberBytes = 1;
  // The instruction would take the panel's numbers from there, not the row's.
  static constexpr bool kAddsFromMemory = false;
  using Sums = __m512i;
  static HWY_INLINE Sums Zero() { return _mm512_setzero_si512(); }
  static HWY_INLINE Sums Add(Sums sums, __m512i row, __m512i panel) {
    // As _mm512_dpbusd_epi32, whose sums GCC 12 moves about and spills.
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(row), "v"(panel));
    return sums;
  }
  static HWY_INLINE Sums Load(const void* tile) {
    return _mm512_load_si512(tile);
  }

  // Of one panel.
  struct Epilogue {
    Epilogue(const PackedProduct& product, int64_t panel)
        : ranges(product.ranges),
          scales(_mm512_loadu_ps(product.weight->scales.data() +
                                 panel * kOutputs)),
          totals(_mm512_loadu_si512(product.weight->sums.data() +
                                    panel * kOutputs)),
          bias(_mm512_loadu_ps(product.bias + panel * kOutputs)) {}

    HWY_INLINE __m512 Finish(Sums sums, int64_t row) const {
      const RowRange range = ranges[row];
      const __m512i shifted = _mm512_sub_epi32(
          sums, _mm512_mullo_epi32(totals, _mm512_set1_epi32(range.zero)));
      const __m512 scale = _mm512_mul_ps(scales, _mm512_set1_ps(range.scale));
      return _mm512_fmadd_ps(_mm512_cvtepi32_ps(shifted), scale, bias);
    }

    const RowRange* ranges;
    __m512 scales;
    __m512i totals;
    __m512 bias;
  };
};

// Of sums that are floats already.
struct FloatSums : WholeGroups {
  static constexpr bool kAddsFromMemory = true;  // 32 bits of a row.
  using Sums = __m512;
  static HWY_INLINE Sums Zero() { return _mm512_setzero_ps(); }
  static HWY_INLINE Sums Load(const void* tile) { return _mm512_load_ps(tile); }

  struct Epilogue {
    Epilogue(const PackedProduct& product, int64_t panel)
        : bias(_mm512_loadu_ps(product.bias + panel * kOutputs)) {}
    HWY_INLINE __m512 Finish(Sums sums, int64_t row) const {
      return _mm512_add_ps(sums, bias);
    }
    __m512 bias;
  };
};

struct BF16 : FloatSums {
  static constexpr int kRowNumberBytes = 2;
  static HWY_INLINE Sums Add(Sums sums, __m512i row, __m512i panel) {
    return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(row),
                            reinterpret_cast<__m512bh>(panel));
  }
  static HWY_INLINE Sums AddFromMemory(Sums sums, const int32_t& row,
                                       __m512i panel) {
    asm("vdpbf16ps %2%{1to16%}, %1, %0" : "+v"(sums) : "v"(panel), "m"(row));
    return sums;
  }
};

// Also of bf16 and int16 that were widened to f32 before.
struct F32 : FloatSums {
  static constexpr int kRowNumberBytes = 4;
  static HWY_INLINE Sums Add(Sums sums, __m512i row, __m512i panel) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(row), _mm512_castsi512_ps(panel),
                           sums);
  }
  static HWY_INLINE Sums AddFromMemory(Sums sums, const int32_t& row,
                                       __m512i panel) {
    asm("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(sums) : "v"(panel), "m"(row));
    return sums;
  }
};

// As F32, then by the scale of each output.
struct ScaledF32 : F32 {
  struct Epilogue {
    Epilogue(const PackedProduct& product, int64_t panel)
        : scales(_mm512_loadu_ps(product.weight->scales.data() +
                                 panel * kOutputs)),
          bias(_mm512_loadu_ps(product.bias + panel * kOutputs)) {}
    HWY_INLINE __m512 Finish(Sums sums, int64_t row) const {
      return _mm512_fmadd_ps(sums, scales, bias);
    }
    __m512 scales;
    __m512 bias;
  };
};

// Of numbers that are widened in registers.
struct Int16 : ScaledF32 {
  static constexpr int kParts = 2;
  static constexpr bool kAddsFromMemory = false;  // Widening takes registers.
  static HWY_INLINE __m512i Part(const std::byte* group, int part) {
    const __m512i numbers = _mm512_loadu_si512(group);
    const __m512i high = part == 0 ? _mm512_slli_epi32(numbers, 16) : numbers;
    return _mm512_castps_si512(_mm512_cvtepi32_ps(_mm512_srai_epi32(high, 16)));
  }
};

struct BF16ByF32 : F32 {
  static constexpr int kParts = 2;
  static constexpr bool kAddsFromMemory = false;
  static HWY_INLINE __m512i Part(const std::byte* group, int part) {
    const __m512i numbers = _mm512_loadu_si512(group);
    return part == 0 ? _mm512_slli_epi32(numbers, 16)
                     : _mm512_and_si512(numbers, _mm512_set1_epi32(0xFFFF0000));
  }
};

// And which are left widened for the rows that follow.
template <class Type>
struct Widening : Type {
  static constexpr bool kWidens = true;
};

// Where the results of a panel go, from row `row` on.
class PanelResults {
 public:
  PanelResults(const PackedProduct& product, int64_t panel, int64_t row)
      : y_(product.y + row * product.y_stride +
           (panel - product.first_panel) * kOutputs),
        stride_(product.y_stride) {
    const int64_t num_outputs = std::min<int64_t>(
        kOutputs, product.weight->shape.out_features - panel * kOutputs);
    mask_ = static_cast<__mmask16>((1u << num_outputs) - 1);
  }

  HWY_INLINE void Write(int r, __m512 results) const {
    _mm512_mask_storeu_ps(y_ + r * stride_, mask_, results);
  }

 private:
  float* const y_;
  const int64_t stride_;
  __mmask16 mask_;
};

}  // namespace parley::kernels::avx512
HWY_POP_ATTRIBUTES

#endif  // PARLEY_ENGINE_KERNELS_PACKED_AVX512_SUMS_INL_H_
