#include "engine/models/tensor_table.h"

#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/layers/widen.h"
#include "engine/weights/converted_format.h"

namespace parley {
namespace {

// What is wrong with a tensor that was found; empty where nothing is.
std::string Fault(const TensorRow& row, absl::string_view checkpoint_name,
                  const TensorView& tensor) {
  if (tensor.shape != row.shape) {
    return absl::StrCat(checkpoint_name, " has shape ",
                        ShapeToString(tensor.shape), ", expected ",
                        ShapeToString(row.shape));
  }
  if (!CanWidenToF32(tensor.dtype)) {
    return absl::StrCat(checkpoint_name, " has type ", DTypeName(tensor.dtype),
                        ", expected F32, F16 or BF16");
  }
  return "";
}

}  // namespace

absl::StatusOr<TensorMap> TensorMap::Bind(
    const std::vector<TensorRow>& table,
    std::shared_ptr<const WeightFile> file) {
  PARLEY_ASSIGN_OR_RETURN(std::optional<ConvertedFormat> format,
                          ReadConvertedFormat(*file));
  absl::StatusOr<TensorMap> map =
      format.has_value()
          ? BindConverted(table, std::move(file), *std::move(format))
          : BindHub(table, std::move(file));
  if (map.ok()) {
    for (const TensorRow& row : table) map->shapes_[row.name] = row.shape;
  }
  return map;
}

bool TensorMap::TakeStored(const TensorRow& row) {
  absl::string_view part = row.name;
  const bool is_stored =
      absl::ConsumeSuffix(&part, ".weight") ? products_->HasWeight(part)
      : absl::ConsumeSuffix(&part, ".bias") ? products_->HasBias(part)
                                            : false;
  if (is_stored) stored_.insert(row.name);
  return is_stored;
}

absl::StatusOr<TensorMap> TensorMap::BindConverted(
    const std::vector<TensorRow>& table, std::shared_ptr<const WeightFile> file,
    ConvertedFormat format) {
  TensorMap map;
  map.products_ =
      std::make_shared<const StoredProducts>(file, std::move(format));
  std::vector<std::string> faults;
  for (const TensorRow& row : table) {
    int64_t num_elements = 1;
    for (const int64_t size : row.shape) num_elements *= size;
    if (map.TakeStored(row)) {
      absl::string_view part = row.name;
      absl::ConsumeSuffix(&part, ".weight");
      // What is shared counts where it is stored.
      if (!map.products_->format().shared.contains(part)) {
        map.num_parameters_ += num_elements;
      }
    } else if (const TensorView* tensor = file->Find(row.name)) {
      if (tensor->shape != row.shape) {
        faults.push_back(absl::StrCat(row.name, " has shape ",
                                      ShapeToString(tensor->shape),
                                      ", expected ", ShapeToString(row.shape)));
      }
      map.tensors_[row.name] = tensor;
      map.num_parameters_ += num_elements;
    } else {
      map.absent_.push_back(row.name);
      if (row.required) faults.push_back(absl::StrCat(row.name, " is missing"));
    }
  }
  if (!faults.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file->path(), ": ", absl::StrJoin(faults, "; ")));
  }
  map.file_ = std::move(file);
  return map;
}

absl::StatusOr<TensorMap> TensorMap::BindHub(
    const std::vector<TensorRow>& table,
    std::shared_ptr<const WeightFile> file) {
  TensorMap map;
  absl::flat_hash_set<std::string> known;
  absl::flat_hash_set<const std::byte*> counted;
  std::vector<std::string> faults;
  for (const TensorRow& row : table) {
    known.insert(row.checkpoint_names.begin(), row.checkpoint_names.end());
    const TensorView* tensor = nullptr;
    for (const std::string& name : row.checkpoint_names) {
      tensor = file->Find(name);
      if (tensor == nullptr) continue;
      std::string fault = Fault(row, name, *tensor);
      // A shared tensor has several rows, but one fault.
      if (!fault.empty() && !absl::c_linear_search(faults, fault)) {
        faults.push_back(std::move(fault));
      }
      break;
    }
    if (tensor != nullptr) {
      map.tensors_[row.name] = tensor;
      if (counted.insert(tensor->data.data()).second) {
        map.num_parameters_ += tensor->num_elements();
      }
      continue;
    }
    map.absent_.push_back(row.name);
    if (row.required) {
      faults.push_back(absl::StrCat(absl::StrJoin(row.checkpoint_names, " or "),
                                    " is missing"));
    }
  }
  if (!faults.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file->path(), ": ", absl::StrJoin(faults, "; ")));
  }
  for (std::string& name : file->names()) {
    if (!known.contains(name)) map.extra_.push_back(std::move(name));
  }
  map.file_ = std::move(file);
  return map;
}

const TensorView& TensorMap::Get(absl::string_view name) const {
  const auto found = tensors_.find(name);
  PARLEY_CHECK(found != tensors_.end()) << name;
  return *found->second;
}

bool TensorMap::Has(absl::string_view name) const {
  return tensors_.contains(name) || stored_.contains(name);
}

bool TensorMap::IsPlain(absl::string_view name) const {
  const auto found = tensors_.find(name);
  return found != tensors_.end() && CanWidenToF32(found->second->dtype);
}

const Shape& TensorMap::ShapeOf(absl::string_view name) const {
  const auto found = shapes_.find(name);
  PARLEY_CHECK(found != shapes_.end()) << name;
  return found->second;
}

int TensorMap::NumRowsOf(const TensorView& tensor) const {
  return static_cast<int>(absl::c_count_if(tensors_, [&](const auto& entry) {
    return entry.second->data.data() == tensor.data.data();
  }));
}

bool TensorMap::HasPart(absl::string_view part) const {
  const std::string prefix = absl::StrCat(part, ".");
  return Has(absl::StrCat(prefix, "weight")) &&
         absl::c_none_of(absent_, [&](const std::string& name) {
           return absl::StartsWith(name, prefix);
         });
}

FloatBuffer TensorMap::Load(absl::string_view name) const {
  const TensorView& tensor = Get(name);
  FloatBuffer floats = FloatBuffer::Uninitialized(tensor.num_elements());
  WidenToF32(tensor.dtype, tensor.data, floats.span());
  return floats;
}

}  // namespace parley
