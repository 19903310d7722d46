#include "engine/weights/pytorch_checkpoint.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/weights/quoted_name.h"
#include "engine/weights/shape_bytes.h"
#include "engine/weights/strided_layout.h"
#include "engine/weights/torch_archive.h"
#include "engine/weights/torch_state_dict.h"

namespace parley {
namespace {

// Makes the views, and the copies they need.
class ViewMaker {
 public:
  // `max_copied_bytes`: for all copies together. An expanded tensor takes no
  // more than its one element in the file, and any amount once copied.
  ViewMaker(const TorchArchive& archive, uint64_t max_copied_bytes,
            NamedTensors& tensors)
      : archive_(archive),
        copied_bytes_left_(max_copied_bytes),
        tensors_(tensors) {}

  absl::StatusOr<TensorView> Make(const TorchTensor& tensor) {
    const DType dtype =
        archive_.state_dict.storages.at(tensor.storage_key).dtype;
    const absl::Span<const std::byte> storage =
        archive_.storages.at(tensor.storage_key);
    const StridedLayout& layout = tensor.layout;
    // The state dict's reader checked that it does not overflow.
    const auto num_bytes =
        static_cast<size_t>(*ShapeBytes(layout.shape, dtype));
    TensorView view{.dtype = dtype, .shape = layout.shape};
    if (IsContiguous(layout)) {
      view.data = storage.subspan(layout.offset * DTypeBytes(dtype), num_bytes);
      return view;
    }
    if (num_bytes > copied_bytes_left_) {
      return absl::InvalidArgumentError(absl::StrCat(
          "shape ", ShapeToString(layout.shape), " with strides ",
          ShapeToString(layout.strides), " needs a copy of ", num_bytes,
          " bytes, and all copies together may not exceed twice the file's "
          "size"));
    }
    copied_bytes_left_ -= num_bytes;
    PARLEY_ASSIGN_OR_RETURN(const absl::Span<std::byte> copy,
                            tensors_.Allocate(num_bytes));
    CopyContiguous(layout, DTypeBytes(dtype), storage, copy);
    view.data = copy;
    return view;
  }

 private:
  const TorchArchive& archive_;
  uint64_t copied_bytes_left_;
  NamedTensors& tensors_;
};

absl::Status FillTensors(absl::Span<const std::byte> bytes,
                         NamedTensors& tensors) {
  PARLEY_ASSIGN_OR_RETURN(const TorchArchive archive, ReadTorchArchive(bytes));
  ViewMaker maker(archive, 2 * static_cast<uint64_t>(bytes.size()), tensors);
  const TorchStateDict& state_dict = archive.state_dict;
  // Entries that share a tensor share its copy.
  std::vector<TensorView> views(state_dict.tensors.size());
  std::vector<bool> made(state_dict.tensors.size(), false);
  for (const TorchStateDict::Entry& entry : state_dict.entries) {
    if (!made[entry.tensor]) {
      absl::StatusOr<TensorView> view =
          maker.Make(state_dict.tensors[entry.tensor]);
      if (!view.ok()) {
        return absl::Status(view.status().code(),
                            absl::StrCat("tensor ", QuotedName(entry.name),
                                         ": ", view.status().message()));
      }
      views[entry.tensor] = *std::move(view);
      made[entry.tensor] = true;
    }
    // The state dict's reader refused names that appear twice.
    tensors.Add(entry.name, views[entry.tensor]);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<NamedTensors>> ParsePytorchCheckpoint(
    absl::Span<const std::byte> bytes, const std::string& path) {
  auto tensors = std::make_unique<NamedTensors>(path);
  if (absl::Status status = FillTensors(bytes, *tensors); !status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat(path, ": ", status.message()));
  }
  return tensors;
}

}  // namespace parley
