#include "engine/weights/named_tensors.h"

#include <new>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace parley {

NamedTensors::NamedTensors(std::string path) : path_(std::move(path)) {}

bool NamedTensors::Add(absl::string_view name, TensorView view) {
  return tensors_.try_emplace(std::string(name), std::move(view)).second;
}

absl::StatusOr<absl::Span<std::byte>> NamedTensors::Allocate(size_t num_bytes) {
  std::unique_ptr<std::byte[]> memory(new (std::nothrow) std::byte[num_bytes]);
  if (memory == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no memory for ", num_bytes, " bytes"));
  }
  const absl::Span<std::byte> span(memory.get(), num_bytes);
  allocations_.push_back(std::move(memory));
  return span;
}

void NamedTensors::Keep(std::unique_ptr<MappedFile> mapping) {
  mapping_ = std::move(mapping);
}

void NamedTensors::SetMetadata(
    std::map<std::string, std::string, std::less<>> metadata) {
  metadata_ = std::move(metadata);
}

std::optional<absl::string_view> NamedTensors::Metadata(
    absl::string_view key) const {
  const auto found = metadata_.find(key);
  if (found == metadata_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> NamedTensors::MetadataKeys() const {
  std::vector<std::string> keys;
  keys.reserve(metadata_.size());
  for (const auto& [key, value] : metadata_) keys.push_back(key);
  return keys;
}

const TensorView* NamedTensors::Find(absl::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

std::vector<std::string> NamedTensors::names() const {
  std::vector<std::string> names;
  names.reserve(tensors_.size());
  for (const auto& [name, view] : tensors_) names.push_back(name);
  return names;
}

}  // namespace parley
