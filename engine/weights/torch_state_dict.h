// What the pickle of a torch state dict says: names, tensors, storages; the
// storages' bytes are elsewhere in the file.
#ifndef PARLEY_ENGINE_WEIGHTS_TORCH_STATE_DICT_H_
#define PARLEY_ENGINE_WEIGHTS_TORCH_STATE_DICT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/tensor/dtype.h"
#include "engine/weights/pickle_reader.h"
#include "engine/weights/strided_layout.h"

namespace parley {

struct TorchStorage {
  DType dtype = DType::kF32;
  int64_t num_elements = 0;  // Its bytes fit in 63 bits.
};

struct TorchTensor {
  std::string storage_key;
  StridedLayout layout;  // Inside its storage, at most kMaxDimensions.
};

struct TorchStateDict {
  struct Entry {
    std::string name;
    size_t tensor;  // Of `tensors`; entries may share one.
  };
  std::map<std::string, TorchStorage> storages;  // By key.
  std::vector<TorchTensor> tensors;
  std::vector<Entry> entries;  // Names differ.
};

// The names beside OrderedDict that the pickle of a state dict may hold.
absl::Span<const absl::string_view> TorchStateDictGlobals();

// Interprets a pickle read with those names. INVALID_ARGUMENT, naming entry
// and rule, where the object is not a dict of names to tensors (or
// parameters), where arguments are not those torch writes, where a tensor
// reaches beyond its storage, or where one storage is described in two ways.
absl::StatusOr<TorchStateDict> ReadTorchStateDict(const PickleValue& root);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_TORCH_STATE_DICT_H_
