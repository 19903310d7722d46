// Products of rounded rows and packed weights: one kernel for each type and
// instruction set, chosen once.
#ifndef PARLEY_ENGINE_KERNELS_PACKED_PRODUCT_H_
#define PARLEY_ENGINE_KERNELS_PACKED_PRODUCT_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "engine/kernels/packed/packed_weight.h"
#include "engine/kernels/packed/row_rounding.h"

namespace parley::kernels {

// What rows of x are rounded to before they are multiplied.
struct RowFormat {
  enum class Number { kUint8, kBF16, kF32 };

  int64_t number_bytes() const {
    switch (number) {
      case Number::kUint8:
        return 1;
      case Number::kBF16:
        return 2;
      case Number::kF32:
        break;
    }
    return 4;
  }

  Number number = Number::kF32;
  int levels = 0;  // Only of kUint8: numbers are 0 ... levels.
};

// y = rows * weight^T + bias, for the panels [first_panel, end_panel).
struct PackedProduct {
  // In the kernel's format, padded with zeros. But for f32 aligned to 64 bytes.
  // [num_rows, padded_in]
  const std::byte* rows = nullptr;
  const RowRange* ranges = nullptr;  // Only for kInt8. [num_rows]
  int64_t num_rows = 0;
  const PackedWeight* weight = nullptr;
  const float* bias = nullptr;  // [padded_out]
  int64_t first_panel = 0;
  int64_t end_panel = 0;
  // Of the outputs of these panels that the weight has; row i starts at
  // y + i * y_stride with the first output of first_panel.
  float* y = nullptr;
  int64_t y_stride = 0;  // In floats.
};

using PackedKernel = void (*)(const PackedProduct& product);

// The kernels of an instruction set. Single-threaded, no allocation. An int8
// kernel's sums are exact: all of one `activation_levels` give the same bits.
// Of the others a row's bits depend on the set, but not on the other rows.
struct PackedKernels {
  const char* name;
  PackedKernel int8;
  // Rows are rounded to 0 ... activation_levels.
  int activation_levels;
  PackedKernel bf16;  // Null: not here.
  // kBF16, or kF32 where bf16 weights are widened to f32 on their way.
  RowFormat::Number bf16_rows;
  PackedKernel f32;    // Null: f32 is multiplied by oneDNN.
  PackedKernel int16;  // Null: not here.

  // Of the rows that a weight of the type is multiplied with.
  RowFormat RowsFor(PackedType type) const;
};

// All that this processor can run, the best first; the last runs everywhere.
// oneDNN's bound on the instruction set (ONEDNN_MAX_CPU_ISA) holds for it too.
absl::Span<const PackedKernels> AllPackedKernels();

inline const PackedKernels& BestPackedKernels() {
  return AllPackedKernels().front();
}

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_PACKED_PRODUCT_H_
