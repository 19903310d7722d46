#include "engine/weights/torch_state_dict.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/weights/quoted_name.h"
#include "engine/weights/shape_bytes.h"

namespace parley {
namespace {

using Kind = PickleValue::Kind;

constexpr absl::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr absl::string_view kRebuildParameter =
    "torch._utils._rebuild_parameter";
constexpr absl::string_view kSize = "torch.Size";

constexpr absl::string_view kGlobals[] = {
    kRebuildTensor,        kRebuildParameter,   kSize,
    "torch.FloatStorage",  "torch.HalfStorage", "torch.BFloat16Storage",
    "torch.DoubleStorage", "torch.LongStorage", "torch.IntStorage",
    "torch.ShortStorage",  "torch.CharStorage", "torch.ByteStorage",
    "torch.BoolStorage",
};

std::optional<DType> StorageDType(absl::string_view global) {
  struct Row {
    absl::string_view global;
    DType dtype;
  };
  static constexpr Row kRows[] = {
      {"torch.FloatStorage", DType::kF32},
      {"torch.HalfStorage", DType::kF16},
      {"torch.BFloat16Storage", DType::kBF16},
      {"torch.DoubleStorage", DType::kF64},
      {"torch.LongStorage", DType::kI64},
      {"torch.IntStorage", DType::kI32},
      {"torch.ShortStorage", DType::kI16},
      {"torch.CharStorage", DType::kI8},
      {"torch.ByteStorage", DType::kU8},
      {"torch.BoolStorage", DType::kBool},
  };
  for (const Row& row : kRows) {
    if (row.global == global) return row.dtype;
  }
  return std::nullopt;
}

absl::Status Expected(absl::string_view what, const PickleValue& found) {
  return absl::InvalidArgumentError(
      absl::StrCat("found ", DescribePickleValue(found), ", expected ", what));
}

bool IsCallOf(const PickleValue& value, absl::string_view global) {
  return value.kind == Kind::kCall && value.items[0]->text == global;
}

// REQUIRES: `call` is a kCall.
const std::vector<const PickleValue*>& ArgumentsOf(const PickleValue& call) {
  return call.items[1]->items;
}

// A non-negative integer.
absl::StatusOr<int64_t> ReadCount(const PickleValue& value,
                                  absl::string_view what) {
  if (value.kind != Kind::kInteger || value.integer < 0) {
    return Expected(absl::StrCat(what, " as a non-negative integer"), value);
  }
  return value.integer;
}

// A tuple of non-negative integers, or torch.Size of one.
absl::StatusOr<Shape> ReadCounts(const PickleValue& value,
                                 absl::string_view what) {
  const PickleValue* tuple = &value;
  if (IsCallOf(value, kSize) && ArgumentsOf(value).size() == 1) {
    tuple = ArgumentsOf(value)[0];
  }
  if (tuple->kind != Kind::kTuple) {
    return Expected(absl::StrCat(what, " as a tuple"), *tuple);
  }
  if (tuple->items.size() > kMaxDimensions) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kMaxDimensions, " dimensions"));
  }
  Shape counts;
  for (const PickleValue* item : tuple->items) {
    PARLEY_ASSIGN_OR_RETURN(counts.emplace_back(), ReadCount(*item, what));
  }
  return counts;
}

class StateDictReader {
 public:
  absl::StatusOr<TorchStateDict> Read(const PickleValue& root);

 private:
  // The index of the tensor that `value` makes. The same value makes the same
  // tensor.
  absl::StatusOr<size_t> ReadTensor(const PickleValue& value);
  absl::StatusOr<TorchTensor> RebuildTensor(
      const std::vector<const PickleValue*>& arguments);
  // The key of the storage, which is added to the state dict's.
  absl::StatusOr<std::string> ReadStorage(const PickleValue& value);

  TorchStateDict state_dict_;
  absl::flat_hash_map<const PickleValue*, size_t> tensors_;
};

absl::StatusOr<TorchStateDict> StateDictReader::Read(const PickleValue& root) {
  if (root.kind != Kind::kDict) {
    return Expected("a state dict, that is a dict of tensors", root);
  }
  absl::flat_hash_set<absl::string_view> names;
  for (size_t i = 0; i < root.items.size(); i += 2) {
    const PickleValue& key = *root.items[i];
    if (key.kind != Kind::kString) {
      return Expected("the name of an entry as a string", key);
    }
    if (!names.insert(key.text).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("entry ", QuotedName(key.text), ": it is there twice"));
    }
    const absl::StatusOr<size_t> tensor = ReadTensor(*root.items[i + 1]);
    if (!tensor.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tensor ", QuotedName(key.text), ": ", tensor.status().message()));
    }
    state_dict_.entries.push_back({std::string(key.text), *tensor});
  }
  return std::move(state_dict_);
}

absl::StatusOr<size_t> StateDictReader::ReadTensor(const PickleValue& value) {
  if (const auto found = tensors_.find(&value); found != tensors_.end()) {
    return found->second;
  }
  // A parameter is (tensor, requires_grad, backward_hooks); only one level is
  // unwrapped, so a parameter of itself ends here.
  const PickleValue* tensor = &value;
  if (IsCallOf(value, kRebuildParameter)) {
    if (ArgumentsOf(value).size() != 3) {
      return absl::InvalidArgumentError(absl::StrCat("a parameter of ",
                                                     ArgumentsOf(value).size(),
                                                     " arguments, expected 3"));
    }
    tensor = ArgumentsOf(value)[0];
  }
  if (!IsCallOf(*tensor, kRebuildTensor)) return Expected("a tensor", *tensor);
  PARLEY_ASSIGN_OR_RETURN(TorchTensor rebuilt,
                          RebuildTensor(ArgumentsOf(*tensor)));
  state_dict_.tensors.push_back(std::move(rebuilt));
  return tensors_[&value] = state_dict_.tensors.size() - 1;
}

// (storage, offset, size, stride, requires_grad, backward_hooks), and since
// torch 2.0 perhaps a dict of view flags (conjugate, negative), which would
// change what the bytes mean.
absl::StatusOr<TorchTensor> StateDictReader::RebuildTensor(
    const std::vector<const PickleValue*>& arguments) {
  if (arguments.size() != 6 && arguments.size() != 7) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a tensor of ", arguments.size(), " arguments, expected 6 or 7"));
  }
  if (arguments.size() == 7 && arguments[6]->kind != Kind::kNone &&
      !(arguments[6]->kind == Kind::kDict && arguments[6]->items.empty())) {
    return Expected("no view flags", *arguments[6]);
  }
  TorchTensor tensor;
  PARLEY_ASSIGN_OR_RETURN(tensor.storage_key, ReadStorage(*arguments[0]));
  PARLEY_ASSIGN_OR_RETURN(tensor.layout.offset,
                          ReadCount(*arguments[1], "the offset"));
  PARLEY_ASSIGN_OR_RETURN(tensor.layout.shape,
                          ReadCounts(*arguments[2], "the shape"));
  PARLEY_ASSIGN_OR_RETURN(tensor.layout.strides,
                          ReadCounts(*arguments[3], "the strides"));
  if (tensor.layout.strides.size() != tensor.layout.shape.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "shape ", ShapeToString(tensor.layout.shape), " with strides ",
        ShapeToString(tensor.layout.strides), " of another length"));
  }
  const TorchStorage& storage = state_dict_.storages[tensor.storage_key];
  if (!ShapeBytes(tensor.layout.shape, storage.dtype).has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the size of shape ", ShapeToString(tensor.layout.shape),
                     " overflows"));
  }
  PARLEY_RETURN_IF_ERROR(CheckInside(tensor.layout, storage.num_elements));
  return tensor;
}

// A persistent id ("storage", type, key, location, number of elements), in the
// legacy format followed by None, or by what made one storage a view of
// another in releases that are long gone.
absl::StatusOr<std::string> StateDictReader::ReadStorage(
    const PickleValue& value) {
  if (value.kind != Kind::kPersistent) return Expected("a storage", value);
  const PickleValue& id = *value.items[0];
  if (id.kind != Kind::kTuple || id.items.size() < 5 || id.items.size() > 6 ||
      id.items[0]->kind != Kind::kString || id.items[0]->text != "storage") {
    return Expected("the persistent id of a storage", id);
  }
  std::optional<DType> dtype;
  if (id.items[1]->kind == Kind::kGlobal) {
    dtype = StorageDType(id.items[1]->text);
  }
  if (!dtype.has_value()) return Expected("a storage type", *id.items[1]);
  for (const size_t i : {2, 3}) {
    if (id.items[i]->kind != Kind::kString) {
      return Expected("a storage's key and location as strings", *id.items[i]);
    }
  }
  if (id.items.size() == 6 && id.items[5]->kind != Kind::kNone) {
    return Expected("a storage that is not a view of another", *id.items[5]);
  }
  PARLEY_ASSIGN_OR_RETURN(const int64_t num_elements,
                          ReadCount(*id.items[4], "the storage's size"));
  if (!ShapeBytes({num_elements}, *dtype).has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the size of a storage of ", num_elements, " elements overflows"));
  }
  const std::string key(id.items[2]->text);
  const auto [stored, is_new] =
      state_dict_.storages.try_emplace(key, TorchStorage{*dtype, num_elements});
  if (stored->second.dtype != *dtype ||
      stored->second.num_elements != num_elements) {
    return absl::InvalidArgumentError(absl::StrCat(
        "storage ", QuotedName(key), " is described as ",
        DTypeName(stored->second.dtype), "[", stored->second.num_elements,
        "] and as ", DTypeName(*dtype), "[", num_elements, "]"));
  }
  return key;
}

}  // namespace

absl::Span<const absl::string_view> TorchStateDictGlobals() { return kGlobals; }

absl::StatusOr<TorchStateDict> ReadTorchStateDict(const PickleValue& root) {
  return StateDictReader().Read(root);
}

}  // namespace parley
