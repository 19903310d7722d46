// Products and tables as a converted model's file holds them
// (docs/model_format.md): nothing is copied, all views are of the file.
#ifndef PARLEY_ENGINE_MODELS_STORED_PRODUCTS_H_
#define PARLEY_ENGINE_MODELS_STORED_PRODUCTS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/kernels/packed/packed_weight.h"
#include "engine/layers/embedding.h"
#include "engine/tensor/tensor.h"
#include "engine/weights/converted_format.h"
#include "engine/weights/weight_file.h"

namespace parley {

// Any thread. Shares ownership of the file with what it gives. All errors are
// INVALID_ARGUMENT and name file, tensor and what was expected.
class StoredProducts {
 public:
  StoredProducts(std::shared_ptr<const WeightFile> file, ConvertedFormat format)
      : file_(std::move(file)), format_(std::move(format)) {}

  const ConvertedFormat& format() const { return format_; }

  // Whether "<part>.weight" stands in a product, its own or a shared one.
  bool HasWeight(absl::string_view part) const;
  // Whether "<part>.bias" stands in a product.
  bool HasBias(absl::string_view part) const;

  // Whether there is a product of that name, or a shared one.
  bool Holds(absl::string_view product) const;

  absl::StatusOr<kernels::PackedWeight> Load(
      absl::string_view product, const kernels::PackedShape& shape) const;
  // Empty where the product has none.
  absl::StatusOr<FloatBuffer> LoadBias(absl::string_view product,
                                       int64_t out_features) const;
  // rows: I8 or BF16. shape: [vocab_size, d_model]
  absl::StatusOr<EmbeddingTable> LoadTable(absl::string_view name,
                                           const Shape& shape) const;

 private:
  absl::StatusOr<const TensorView*> Find(absl::string_view name, DType dtype,
                                         const Shape& shape) const;

  const std::shared_ptr<const WeightFile> file_;
  const ConvertedFormat format_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_STORED_PRODUCTS_H_
