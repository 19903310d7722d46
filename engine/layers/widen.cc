#include "engine/layers/widen.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/log.h"
#include "engine/kernels/vector_ops.h"

namespace parley {
namespace {

using Convert = void (*)(absl::Span<const uint16_t>, absl::Span<float>);

// Files align tensors as they like: a few at a time go through aligned memory.
void WidenHalves(Convert convert, absl::Span<const std::byte> bytes,
                 absl::Span<float> floats) {
  std::array<uint16_t, 1024> aligned;
  for (size_t begin = 0; begin < floats.size(); begin += aligned.size()) {
    const size_t count = std::min(aligned.size(), floats.size() - begin);
    std::memcpy(aligned.data(), bytes.data() + begin * 2, count * 2);
    convert({aligned.data(), count}, floats.subspan(begin, count));
  }
}

}  // namespace

bool CanWidenToF32(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

void WidenToF32(DType dtype, absl::Span<const std::byte> bytes,
                absl::Span<float> floats) {
  PARLEY_CHECK(bytes.size() == floats.size() * DTypeBytes(dtype));
  switch (dtype) {
    case DType::kF32:
      std::memcpy(floats.data(), bytes.data(), bytes.size());
      return;
    case DType::kF16:
      return WidenHalves(&kernels::ConvertF16ToF32, bytes, floats);
    case DType::kBF16:
      return WidenHalves(&kernels::ConvertBF16ToF32, bytes, floats);
    default:
      PARLEY_CHECK(false) << DTypeName(dtype);
  }
}

}  // namespace parley
