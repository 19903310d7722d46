// safetensors from bytes at hand; weight_file.h opens the file.
#ifndef PARLEY_ENGINE_WEIGHTS_SAFETENSORS_H_
#define PARLEY_ENGINE_WEIGHTS_SAFETENSORS_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/weights/named_tensors.h"

namespace parley {

// The layout is that of huggingface/safetensors, README.md, "Format": eight
// bytes of header length, the header, the tensors' bytes without a hole. The
// views are of `bytes`, which the caller keeps alive; `path` is for messages.
absl::StatusOr<std::unique_ptr<NamedTensors>> ParseSafetensors(
    absl::Span<const std::byte> bytes, const std::string& path);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_SAFETENSORS_H_
