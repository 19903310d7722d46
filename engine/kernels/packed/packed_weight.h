// Weights of linear layers as int8, int16, bf16 or f32, laid out as the kernels
// read them.
#ifndef PARLEY_ENGINE_KERNELS_PACKED_PACKED_WEIGHT_H_
#define PARLEY_ENGINE_KERNELS_PACKED_PACKED_WEIGHT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/types/span.h"

namespace parley::kernels {

enum class PackedType {
  kInt8,
  kInt16,  // Multiplies rows in f32: rough results (rough_wide_linear.h).
  kBF16,
  kF32
};

// Outputs are taken in panels of 16. A panel stores, for each group of inputs
// whose numbers fill 32 bits (four int8, two 16-bit, one f32), the groups of
// its 16 outputs one after the other: 64 bytes, a vector of AVX-512 and a row
// of an AMX tile. Inputs are padded with zeros to 64 bytes of each output,
// outputs to whole panels. docs/model_format.md describes the same for files.
struct PackedShape {
  static constexpr int kPanelOutputs = 16;
  static constexpr int kChunkBytes = 64;  // Of one output.

  int64_t in_features = 0;
  int64_t out_features = 0;
  PackedType type = PackedType::kInt8;

  int element_bytes() const {
    switch (type) {
      case PackedType::kInt8:
        return 1;
      case PackedType::kInt16:
      case PackedType::kBF16:
        return 2;
      case PackedType::kF32:
        break;
    }
    return 4;
  }
  // Of one output: a multiple of 64.
  int64_t row_bytes() const {
    return (in_features * element_bytes() + kChunkBytes - 1) / kChunkBytes *
           kChunkBytes;
  }
  int64_t padded_in() const { return row_bytes() / element_bytes(); }
  int64_t num_panels() const {
    return (out_features + kPanelOutputs - 1) / kPanelOutputs;
  }
  int64_t padded_out() const { return num_panels() * kPanelOutputs; }
  int64_t panel_bytes() const { return row_bytes() * kPanelOutputs; }
  int64_t num_bytes() const { return num_panels() * panel_bytes(); }
};

// A packed weight, in memory that `owner` keeps: its own, or a mapped file's.
// Read-only; any thread.
struct PackedWeight {
  PackedShape shape;
  // Aligned to 64 bytes. [num_panels, row_bytes / 4, 16, 4 bytes]
  absl::Span<const std::byte> panels;
  // Only of kInt8, whose outputs are rotated (row_rotation.h), and kInt16: a
  // weight is about its number (-127 to 127, -32767 to 32767) times the scale
  // of its output. [padded_out]
  absl::Span<const float> scales;
  // Only of kInt8: the sum of each output's int8 numbers. [padded_out]
  absl::Span<const int32_t> sums;
  std::shared_ptr<const void> owner;
};

// Writes the weight of one output, [in_features]. Any thread.
using ReadOutput = std::function<void(int64_t output, absl::Span<float> row)>;

// Rounds and packs; with the calling thread's OpenMP team.
PackedWeight Pack(const PackedShape& shape, const ReadOutput& read);

// The weight of one output as it was before it was rotated, and otherwise as it
// is multiplied with: [in_features].
void UnpackOutput(const PackedWeight& weight, int64_t output,
                  absl::Span<float> row);

// A weight of only these `outputs` of another, in their order: its output i is
// the other's outputs[i]. REQUIRES: they are in range.
PackedWeight SelectOutputs(const PackedWeight& weight,
                           absl::Span<const int32_t> outputs);

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_PACKED_PACKED_WEIGHT_H_
