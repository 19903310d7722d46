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

// y = rows * weight^T + bias, for the panels [first_panel, end_panel).
struct PackedProduct {
  // Rounded as the weight's type has it, padded with zeros: uint8 for kInt8,
  // bf16 for kBF16, else f32. But for f32 aligned to 64 bytes.
  // [num_rows, factor_bytes]
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
  PackedKernel bf16;   // Null: the processor has no such products.
  PackedKernel f32;    // Null: f32 is multiplied by oneDNN.
  PackedKernel int16;  // Null: not here.
};

// All that this processor can run, the best first; the last runs everywhere.
// oneDNN's bound on the instruction set (ONEDNN_MAX_CPU_ISA) holds for it too.
absl::Span<const PackedKernels> AllPackedKernels();

inline const PackedKernels& BestPackedKernels() {
  return AllPackedKernels().front();
}

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_PACKED_PRODUCT_H_
