// Element types of stored tensors.
#ifndef PARLEY_ENGINE_TENSOR_DTYPE_H_
#define PARLEY_ENGINE_TENSOR_DTYPE_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace parley {

enum class DType : uint8_t {
  kBool,
  kU8,
  kI8,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kI64,
  kU64,
  kF64,
};

// Bytes of one element.
size_t DTypeBytes(DType dtype);

// As safetensors spells it: "F32", "BF16", "I64", "BOOL".
absl::string_view DTypeName(DType dtype);

}  // namespace parley

#endif  // PARLEY_ENGINE_TENSOR_DTYPE_H_
