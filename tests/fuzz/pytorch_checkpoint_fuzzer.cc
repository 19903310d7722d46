// Any bytes as a file of torch.save: read, or refused.
#include <cstddef>
#include <cstdint>

#include "base/log.h"
#include "engine/weights/pytorch_checkpoint.h"
#include "tests/fuzz/touch_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = parley::ParsePytorchCheckpoint(
      {reinterpret_cast<const std::byte*>(data), size}, "fuzzed");
  if (file.ok()) {
    parley::TouchTensors(**file);
  } else {
    PARLEY_CHECK(!file.status().message().empty());
  }
  return 0;
}
