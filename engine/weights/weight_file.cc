#include "engine/weights/weight_file.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/mapped_file.h"
#include "base/status_macros.h"
#include "engine/weights/named_tensors.h"
#include "engine/weights/pytorch_checkpoint.h"
#include "engine/weights/safetensors.h"

namespace parley {

absl::StatusOr<std::unique_ptr<WeightFile>> OpenSafetensors(
    const std::string& path) {
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> mapping,
                          MappedFile::Open(path));
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<NamedTensors> tensors,
                          ParseSafetensors(mapping->bytes(), path));
  tensors->Keep(std::move(mapping));
  return tensors;
}

absl::StatusOr<std::unique_ptr<WeightFile>> OpenPytorchCheckpoint(
    const std::string& path) {
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> mapping,
                          MappedFile::Open(path));
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<NamedTensors> tensors,
                          ParsePytorchCheckpoint(mapping->bytes(), path));
  tensors->Keep(std::move(mapping));
  return tensors;
}

absl::StatusOr<std::unique_ptr<WeightFile>> OpenModelWeights(
    const std::string& directory) {
  absl::StatusOr<std::unique_ptr<WeightFile>> file =
      OpenSafetensors(absl::StrCat(directory, "/model.safetensors"));
  if (!absl::IsNotFound(file.status())) return file;
  file = OpenPytorchCheckpoint(absl::StrCat(directory, "/pytorch_model.bin"));
  if (!absl::IsNotFound(file.status())) return file;
  return absl::NotFoundError(
      absl::StrCat(directory,
                   " has no weights: neither model.safetensors nor "
                   "pytorch_model.bin is there"));
}

}  // namespace parley
