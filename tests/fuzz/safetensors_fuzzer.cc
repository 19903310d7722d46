// Any bytes as a safetensors file: read, or refused.
#include <cstddef>
#include <cstdint>

#include "base/log.h"
#include "engine/weights/converted_format.h"
#include "engine/weights/safetensors.h"
#include "tests/fuzz/touch_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = parley::ParseSafetensors(
      {reinterpret_cast<const std::byte*>(data), size}, "fuzzed");
  if (file.ok()) {
    parley::TouchTensors(**file);
    const auto format = parley::ReadConvertedFormat(**file);
    PARLEY_CHECK(format.ok() || !format.status().message().empty());
    if (format.ok() && format->has_value()) {
      const absl::Status whole = parley::VerifyChecksums(**file, 1);
      PARLEY_CHECK(whole.ok() || !whole.message().empty());
    }
  } else {
    PARLEY_CHECK(!file.status().message().empty());
  }
  return 0;
}
