// One table per architecture: a row per tensor with our name, its name in each
// family of checkpoints, and its shape. Loading and checking read the same row.
#ifndef PARLEY_ENGINE_MODELS_TENSOR_TABLE_H_
#define PARLEY_ENGINE_MODELS_TENSOR_TABLE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/models/stored_products.h"
#include "engine/tensor/tensor.h"
#include "engine/weights/weight_file.h"

namespace parley {

struct TensorRow {
  std::string name;  // Ours: "encoder.layers.0.self_attention.query.weight".
  // In checkpoints; the first that is there counts, for a tensor that has
  // several names is stored under one of them.
  std::vector<std::string> checkpoint_names;
  Shape shape;
  bool required = true;
};

// The tensors of a checkpoint by our names. Any thread; shares ownership of the
// file with whoever keeps its views.
class TensorMap {
 public:
  // Finds each row of `table` in `file`. INVALID_ARGUMENT where tensors are
  // missing, of another shape, or of a type that is no F32, F16 or BF16: all of
  // them at once, by name. Tensors that no row names are listed in extra().
  // Of a converted file, what stands in its products is found but cannot be
  // got; other tensors have our own names, and token tables any type.
  static absl::StatusOr<TensorMap> Bind(const std::vector<TensorRow>& table,
                                        std::shared_ptr<const WeightFile> file);

  // REQUIRES: a row of that name, Has(name) where it was not required, and that
  // it stands in no product.
  const TensorView& Get(absl::string_view name) const;
  bool Has(absl::string_view name) const;
  // Whether it was found, stands in no product, and can be loaded as floats.
  bool IsPlain(absl::string_view name) const;
  // The shape of the row of that name. REQUIRES: there is one.
  const Shape& ShapeOf(absl::string_view name) const;
  // What a converted file holds; null for files of the hubs.
  const StoredProducts* products() const { return products_.get(); }
  // How many rows the stored tensor was found for: several where it is shared.
  int NumRowsOf(const TensorView& tensor) const;
  // Whether "<part>.weight" and all else that the table has of a part was
  // found.
  bool HasPart(absl::string_view part) const;

  // The tensor's numbers as floats.
  FloatBuffer Load(absl::string_view name) const;

  const std::vector<std::string>& extra() const { return extra_; }
  int64_t num_parameters() const { return num_parameters_; }
  std::shared_ptr<const WeightFile> file() const { return file_; }

 private:
  static absl::StatusOr<TensorMap> BindHub(
      const std::vector<TensorRow>& table,
      std::shared_ptr<const WeightFile> file);
  static absl::StatusOr<TensorMap> BindConverted(
      const std::vector<TensorRow>& table,
      std::shared_ptr<const WeightFile> file, ConvertedFormat format);
  // Whether the row stands in a product; notes it.
  bool TakeStored(const TensorRow& row);

  std::shared_ptr<const WeightFile> file_;
  absl::flat_hash_map<std::string, const TensorView*> tensors_;
  absl::flat_hash_map<std::string, Shape> shapes_;
  std::shared_ptr<const StoredProducts> products_;
  absl::flat_hash_set<std::string> stored_;  // Names of rows in products.
  std::vector<std::string> absent_;          // Our names of rows not found.
  std::vector<std::string> extra_;
  int64_t num_parameters_ = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_TENSOR_TABLE_H_
