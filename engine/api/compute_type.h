// What a model's products are computed in.
#ifndef PARLEY_ENGINE_API_COMPUTE_TYPE_H_
#define PARLEY_ENGINE_API_COMPUTE_TYPE_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace parley {

enum class ComputeType {
  kAuto,  // The fastest that keeps the quality on this processor.
  kF32,   // transformers' own answers.
  // Weights rounded to bf16, and activations where the processor multiplies
  // bf16; needs AVX2.
  kBF16,
  kInt8,  // Weights in 8 bits for each output, activations for each row.
};

// "auto", "f32", "bf16", "int8".
inline absl::string_view ComputeTypeName(ComputeType type) {
  switch (type) {
    case ComputeType::kAuto:
      return "auto";
    case ComputeType::kF32:
      return "f32";
    case ComputeType::kBF16:
      return "bf16";
    case ComputeType::kInt8:
      return "int8";
  }
  return "";
}

// None where `name` is no such name.
inline std::optional<ComputeType> ParseComputeType(absl::string_view name) {
  for (const ComputeType type : {ComputeType::kAuto, ComputeType::kF32,
                                 ComputeType::kBF16, ComputeType::kInt8}) {
    if (name == ComputeTypeName(type)) return type;
  }
  return std::nullopt;
}

}  // namespace parley

#endif  // PARLEY_ENGINE_API_COMPUTE_TYPE_H_
