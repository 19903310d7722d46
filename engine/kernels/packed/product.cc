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

RowFormat PackedKernels::RowsFor(PackedType type) const {
  using Number = RowFormat::Number;
  switch (type) {
    case PackedType::kInt8:
      return {.number = Number::kUint8, .levels = activation_levels};
    case PackedType::kBF16:
      return {.number = bf16_rows};
    case PackedType::kInt16:
    case PackedType::kF32:
      break;
  }
  return {.number = Number::kF32};
}

absl::Span<const PackedKernels> AllPackedKernels() {
  using Number = RowFormat::Number;
  static const auto& all = *[] {
    auto* kernels = new std::vector<PackedKernels>();
    const Isa isa = EffectiveIsa();
    if (isa >= Isa::kAmx) {
      kernels->push_back({"AMX", &Int8ProductAmx, 255, &BF16ProductAmx,
                          Number::kBF16, &F32ProductAvx512,
                          &Int16ProductAvx512});
    }
    const PackedKernels with_bf16 = {
        "AVX-512 with BF16", &Int8ProductAvx512Vnni, 255,
        &BF16ProductAvx512,  Number::kBF16,          &F32ProductAvx512,
        &Int16ProductAvx512};
    const bool is_slow = HasSlowBF16();
    if (isa >= Isa::kAvx512BF16 && !is_slow) kernels->push_back(with_bf16);
    if (isa >= Isa::kAvx512Vnni) {
      kernels->push_back({"AVX-512 with VNNI", &Int8ProductAvx512Vnni, 255,
                          &WidenedBF16ProductAvx512, Number::kF32,
                          &F32ProductAvx512, &Int16ProductAvx512});
    }
    if (isa >= Isa::kAvx512BF16 && is_slow) kernels->push_back(with_bf16);
    if (isa >= Isa::kAvx512) {
      kernels->push_back({"AVX-512", &Int8ProductAvx2, 127,
                          &WidenedBF16ProductAvx512, Number::kF32,
                          &F32ProductAvx512, &Int16ProductAvx512});
    }
    if (HasAvxVnni()) {
      kernels->push_back({"AVX2 with VNNI", &Int8ProductAvx2Vnni, 255,
                          &WidenedBF16ProductAvx2, Number::kF32,
                          &F32ProductAvx2, &Int16ProductAvx2});
    }
    if (isa >= Isa::kAvx2) {
      kernels->push_back({"AVX2", &Int8ProductAvx2, 127,
                          &WidenedBF16ProductAvx2, Number::kF32,
                          &F32ProductAvx2, &Int16ProductAvx2});
    }
    kernels->push_back({"portable", &Int8ProductPortable, 255, nullptr,
                        Number::kF32, nullptr, nullptr});
    return kernels;
  }();
  return all;
}

}  // namespace parley::kernels
