#include "engine/kernels/onednn/few_rows.h"

// GCC 12 warns of its own intrinsics (GCC bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include <algorithm>

#include "base/log.h"
#include "engine/kernels/onednn/isa.h"
#include "hwy/base.h"

HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512dq,avx512vl,fma,avx2")
namespace parley::kernels {
namespace {

constexpr int64_t kOutputs = 64;  // Of a panel.
constexpr int kVectors = 4;       // That hold them.
constexpr int kLanes = 16;

// Rows `x` (kRows of them) and one panel.
template <int kRows>
void MultiplyPanel(const FewRowsWeight& weight, int64_t panel, const float* x,
                   float* y) {
  // Far enough ahead for memory, then for the second-level cache.
  constexpr int64_t kFarBytes = 16 << 10;
  constexpr int64_t kNearBytes = 1 << 10;
  const float* from = weight.packed + panel * weight.padded_in * kOutputs;
  __m512 totals[kRows][kVectors];
  for (int64_t begin = 0; begin < weight.in_features;
       begin += weight.inputs_per_sum) {
    const int64_t end =
        std::min(begin + weight.inputs_per_sum, weight.in_features);
    __m512 sums[kRows][kVectors];
    for (auto& row : sums) {
      for (__m512& sum : row) sum = _mm512_setzero_ps();
    }
    for (int64_t i = begin; i < end; ++i) {
      const float* inputs = from + i * kOutputs;
      __m512 factors[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        factors[v] = _mm512_loadu_ps(inputs + v * kLanes);
        const auto* at = reinterpret_cast<const char*>(inputs + v * kLanes);
        _mm_prefetch(at + kFarBytes, _MM_HINT_T1);
        _mm_prefetch(at + kNearBytes, _MM_HINT_T0);
      }
#pragma GCC unroll 6
      for (int r = 0; r < kRows; ++r) {
        const __m512 number = _mm512_set1_ps(x[r * weight.in_features + i]);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
          sums[r][v] = _mm512_fmadd_ps(number, factors[v], sums[r][v]);
        }
      }
    }
    for (int r = 0; r < kRows; ++r) {
      for (int v = 0; v < kVectors; ++v) {
        totals[r][v] =
            begin == 0 ? sums[r][v] : _mm512_add_ps(totals[r][v], sums[r][v]);
      }
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    const int64_t output = panel * kOutputs + v * kLanes;
    const int64_t left =
        std::clamp<int64_t>(weight.out_features - output, 0, kLanes);
    const auto mask = static_cast<__mmask16>((1u << left) - 1);
    const __m512 bias = weight.bias == nullptr
                            ? _mm512_setzero_ps()
                            : _mm512_maskz_loadu_ps(mask, weight.bias + output);
    for (int r = 0; r < kRows; ++r) {
      const __m512 total = weight.bias == nullptr
                               ? totals[r][v]
                               : _mm512_add_ps(totals[r][v], bias);
      _mm512_mask_storeu_ps(y + r * weight.out_features + output, mask, total);
    }
  }
}

void MultiplyRows(const FewRowsWeight& weight, int64_t panel, const float* x,
                  int64_t num_rows, float* y) {
  switch (num_rows) {
    case 1:
      return MultiplyPanel<1>(weight, panel, x, y);
    case 2:
      return MultiplyPanel<2>(weight, panel, x, y);
    case 3:
      return MultiplyPanel<3>(weight, panel, x, y);
    case 4:
      return MultiplyPanel<4>(weight, panel, x, y);
    case 5:
      return MultiplyPanel<5>(weight, panel, x, y);
    case 6:
      return MultiplyPanel<6>(weight, panel, x, y);
    default:
      break;
  }
  // The panel is in the second-level cache the second time.
  MultiplyRows(weight, panel, x, 4, y);
  MultiplyRows(weight, panel, x + 4 * weight.in_features, num_rows - 4,
               y + 4 * weight.out_features);
}

}  // namespace

bool IsForFewRows(const dnnl::memory::desc& packed) {
  if (EffectiveIsa() < Isa::kAvx512 || packed.get_ndims() != 2 ||
      packed.get_data_type() != dnnl::memory::data_type::f32) {
    return false;
  }
  const dnnl::memory::dim padded_in = packed.get_padded_dims()[0];
  return packed.get_inner_blks() == dnnl::memory::dims{16, kOutputs} &&
         packed.get_inner_idxs() == dnnl::memory::dims{0, 1} &&
         packed.get_strides() ==
             dnnl::memory::dims{16 * kOutputs, padded_in * kOutputs};
}

void MultiplyFewRows(const FewRowsWeight& weight, const float* x,
                     int64_t num_rows, float* y) {
  PARLEY_CHECK(num_rows <= kMaxFewRows) << num_rows;
  if (num_rows == 0) return;
  // Below, one thread is done before two have met.
  constexpr int64_t kMinFloats = 16 << 10;
  const int64_t num_panels = (weight.out_features + kOutputs - 1) / kOutputs;
  const bool worth_a_team =
      num_panels * kOutputs * weight.padded_in >= kMinFloats;
#pragma omp parallel for schedule(static) if (worth_a_team)
  for (int64_t panel = 0; panel < num_panels; ++panel) {
    MultiplyRows(weight, panel, x, num_rows, y);
  }
}

}  // namespace parley::kernels
HWY_POP_ATTRIBUTES
