// A torch.save file from bytes at hand; weight_file.h opens the file.
#ifndef PARLEY_ENGINE_WEIGHTS_PYTORCH_CHECKPOINT_H_
#define PARLEY_ENGINE_WEIGHTS_PYTORCH_CHECKPOINT_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/weights/named_tensors.h"

namespace parley {

// The tensors are views of `bytes`, which the caller keeps alive, but for
// those whose elements do not follow each other there: they are copied. All
// copies together may take twice the file's size. `path` is for messages.
absl::StatusOr<std::unique_ptr<NamedTensors>> ParsePytorchCheckpoint(
    absl::Span<const std::byte> bytes, const std::string& path);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_PYTORCH_CHECKPOINT_H_
