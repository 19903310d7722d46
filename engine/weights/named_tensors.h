// The WeightFile that every format here ends in.
#ifndef PARLEY_ENGINE_WEIGHTS_NAMED_TENSORS_H_
#define PARLEY_ENGINE_WEIGHTS_NAMED_TENSORS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/mapped_file.h"
#include "engine/tensor/tensor.h"
#include "engine/weights/weight_file.h"

namespace parley {

// Tensors by name. Filled by one thread, then read-only from any. Owns the
// memory of Allocate and the mapping of Keep; views of other memory are the
// caller's to keep alive.
class NamedTensors final : public WeightFile {
 public:
  explicit NamedTensors(std::string path);

  // False, changing nothing, where the name is taken.
  bool Add(absl::string_view name, TensorView view);

  // Memory that lives as long as this; RESOURCE_EXHAUSTED where there is none.
  absl::StatusOr<absl::Span<std::byte>> Allocate(size_t num_bytes);

  // Keeps the mapped file, whose bytes the views show, alive as long as this.
  void Keep(std::unique_ptr<MappedFile> mapping);

  // What Metadata finds.
  void SetMetadata(std::map<std::string, std::string, std::less<>> metadata);

  const TensorView* Find(absl::string_view name) const override;
  std::optional<absl::string_view> Metadata(
      absl::string_view key) const override;
  std::vector<std::string> MetadataKeys() const override;
  std::vector<std::string> names() const override;
  const std::string& path() const override { return path_; }

 private:
  const std::string path_;
  std::unique_ptr<MappedFile> mapping_;
  std::vector<std::unique_ptr<std::byte[]>> allocations_;
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::map<std::string, std::string, std::less<>> metadata_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_NAMED_TENSORS_H_
