#include "engine/kernels/packed/product.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/kernels/onednn/isa.h"
#include "engine/kernels/packed/product_targets.h"

namespace parley::kernels {

void Int8ProductPortable(const PackedProduct& product) {
  constexpr int kOutputs = PackedShape::kPanelOutputs;
  const PackedWeight& weight = *product.weight;
  const int64_t row_bytes = weight.shape.row_bytes();
  const int64_t first = product.first_panel * kOutputs;
  const int64_t end = std::min<int64_t>(product.end_panel * kOutputs,
                                        weight.shape.out_features);
  const auto* rows = reinterpret_cast<const uint8_t*>(product.rows);
  const auto* panels = reinterpret_cast<const int8_t*>(weight.panels.data());
  for (int64_t r = 0; r < product.num_rows; ++r) {
    const uint8_t* row = rows + r * row_bytes;
    const RowRange range = product.ranges[r];
    for (int64_t output = first; output < end; ++output) {
      const int8_t* panel = panels + output / kOutputs * row_bytes * kOutputs +
                            output % kOutputs * 4;
      int32_t sum = 0;
      for (int64_t i = 0; i < row_bytes; ++i) {
        sum += int32_t{row[i]} * panel[i / 4 * 64 + i % 4];
      }
      const float shifted =
          static_cast<float>(sum - range.zero * weight.sums[output]);
      // Rounded once, as the vector kernels do it.
      product.y[r * product.y_stride + output - first] = std::fma(
          shifted, weight.scales[output] * range.scale, product.bias[output]);
    }
  }
}

absl::Span<const PackedKernels> AllPackedKernels() {
  static const auto& all = *[] {
    auto* kernels = new std::vector<PackedKernels>();
    const Isa isa = EffectiveIsa();
    const PackedKernel bf16 =
        isa >= Isa::kAvx512BF16 ? &BF16ProductAvx512 : nullptr;
    if (isa >= Isa::kAmx) {
      kernels->push_back({"AMX", &Int8ProductAmx, 255, &BF16ProductAmx,
                          &F32ProductAvx512, &Int16ProductAvx512});
    }
    if (isa >= Isa::kAvx512Vnni) {
      kernels->push_back({"AVX-512 with VNNI", &Int8ProductAvx512Vnni, 255,
                          bf16, &F32ProductAvx512, &Int16ProductAvx512});
    }
    if (isa >= Isa::kAvx512) {
      kernels->push_back({"AVX-512", &Int8ProductAvx2, 127, nullptr,
                          &F32ProductAvx512, &Int16ProductAvx512});
    }
    if (HasAvxVnni()) {
      kernels->push_back({"AVX2 with VNNI", &Int8ProductAvx2Vnni, 255, nullptr,
                          &F32ProductAvx2, &Int16ProductAvx2});
    }
    if (isa >= Isa::kAvx2) {
      kernels->push_back({"AVX2", &Int8ProductAvx2, 127, nullptr,
                          &F32ProductAvx2, &Int16ProductAvx2});
    }
    kernels->push_back(
        {"portable", &Int8ProductPortable, 255, nullptr, nullptr, nullptr});
    return kernels;
  }();
  return all;
}

}  // namespace parley::kernels
