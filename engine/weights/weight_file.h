// The named tensors of a checkpoint, whatever format holds them.
#ifndef PARLEY_ENGINE_WEIGHTS_WEIGHT_FILE_H_
#define PARLEY_ENGINE_WEIGHTS_WEIGHT_FILE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/tensor/tensor.h"

namespace parley {

// Read-only after opening; any thread. Owns the memory its views show.
class WeightFile {
 public:
  virtual ~WeightFile() = default;

  // The tensor of that name, or null. The view lives as long as the file.
  virtual const TensorView* Find(absl::string_view name) const = 0;

  // What the file says beside its tensors (__metadata__ of safetensors), or
  // nullopt. Lives as long as the file.
  virtual std::optional<absl::string_view> Metadata(
      absl::string_view key) const {
    return std::nullopt;
  }

  // All keys that Metadata finds, sorted.
  virtual std::vector<std::string> MetadataKeys() const { return {}; }

  // All names, sorted.
  virtual std::vector<std::string> names() const = 0;

  // For messages.
  virtual const std::string& path() const = 0;
};

// safetensors (huggingface/safetensors, its README is the format), mapped.
// Every rule of the format is checked before a tensor is seen; an error
// (INVALID_ARGUMENT) names the file, the tensor where it concerns one, and the
// rule.
absl::StatusOr<std::unique_ptr<WeightFile>> OpenSafetensors(
    const std::string& path);

// A state dict written by torch.save, in its zip format and in the legacy one
// from before torch 1.6. Interprets only the pickle opcodes and names that a
// state dict of tensors needs, executes nothing, and refuses everything else
// by name (INVALID_ARGUMENT).
absl::StatusOr<std::unique_ptr<WeightFile>> OpenPytorchCheckpoint(
    const std::string& path);

// The weights of a model directory: model.safetensors, else
// pytorch_model.bin. NOT_FOUND, naming both, where there is neither.
absl::StatusOr<std::unique_ptr<WeightFile>> OpenModelWeights(
    const std::string& directory);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_WEIGHT_FILE_H_
