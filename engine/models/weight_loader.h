// From named tensors to the weights of layers, in the precision that the model
// is to compute with.
#ifndef PARLEY_ENGINE_MODELS_WEIGHT_LOADER_H_
#define PARLEY_ENGINE_MODELS_WEIGHT_LOADER_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/packed/packed_weight.h"
#include "engine/kernels/wide_linear.h"
#include "engine/layers/embedding.h"
#include "engine/layers/weights.h"
#include "engine/models/tensor_table.h"

namespace parley {

// Told what a model is loaded from, to store it in the same form; see
// docs/model_format.md. One thread.
class WeightSink {
 public:
  virtual ~WeightSink() = default;

  // A product of one or several parts, whose outputs stand beside each other.
  // `parts`: as TensorRow::name has them, without ".weight".
  struct Product {
    std::string name;
    std::vector<std::string> parts;
    kernels::PackedWeight weight;
    absl::Span<const float> bias;  // [out_features], or empty for none.
  };
  virtual void AddProduct(const Product& product) = 0;

  // A table of rows in few bits; `scales` [vocab_size] is empty but for int8.
  virtual void AddTable(const std::string& name, const TensorView& rows,
                        absl::Span<const float> scales) = 0;

  // A table that is the weight of a product; it may come before that.
  virtual void AddPackedTable(const std::string& name,
                              const kernels::PackedWeight& weight) = 0;

  virtual void AddTensor(const std::string& name, const Shape& shape,
                         absl::Span<const float> numbers) = 0;
};

// How a model's weights are loaded.
struct WeightOptions {
  kernels::Precision precision = kernels::Precision::kF32;
  // Told the share that is done, 0 to 1.
  std::function<void(double done)> progress = [](double) {};
  WeightSink* sink = nullptr;  // Not owned.
};

// Loads parts of a model from its tensors, each once. A tensor that several of
// them share is packed once.
//
// Not thread-safe. What it gives owns, or shares, all it needs.
class WeightLoader {
 public:
  explicit WeightLoader(const TensorMap& tensors,
                        const WeightOptions& options = {});

  const TensorMap& tensors() const { return tensors_; }

  // INVALID_ARGUMENT once something was loaded that gives no status of its own
  // and that a converted file has in a form where it is not expected; what was
  // loaded is zeros then. To be looked at when all is loaded.
  const absl::Status& status() const { return status_; }
  kernels::Precision precision() const { return options_.precision; }

  // Packs "<name>.weight" [out, in] and "<name>.bias" of each of `names` as one
  // product: their outputs stand beside each other in the given order. All of
  // them have a bias, or none.
  absl::StatusOr<std::unique_ptr<kernels::Linear>> LoadLinear(
      const std::vector<std::string>& names);

  // As LoadLinear, always in f32: for products too small to be worth less.
  absl::StatusOr<std::unique_ptr<kernels::Linear>> LoadFullLinear(
      const std::string& name);

  // Outputs [first, first + count) of "<part>" as a product called `name`.
  struct Rows {
    std::string name;
    std::string part;
    int64_t first = 0;
    int64_t count = 0;
  };
  absl::StatusOr<std::unique_ptr<kernels::Linear>> LoadRows(const Rows& rows);

  // The projection onto a vocabulary: "<part>.weight", and the bias of that
  // name, zero where there is none.
  absl::StatusOr<std::unique_ptr<kernels::WideLinear>> LoadWide(
      const std::string& part, const std::string& bias);

  // "<name>.weight", a row for each token.
  absl::StatusOr<EmbeddingTable> LoadTable(const std::string& name);

  // "<name>.weight" and "<name>.bias", which may be missing: then it is zero.
  NormWeights LoadNorm(absl::string_view name, float epsilon);

  // Any other tensor, as floats.
  FloatBuffer LoadFloats(const std::string& name);

  // The parts below "<prefix>.self_attention", "<prefix>.self_attention_norm"
  // and so on, by the canonical names of ARCHITECTURE.md.
  absl::StatusOr<SelfAttentionWeights> LoadSelfAttention(
      absl::string_view prefix, float epsilon);
  absl::StatusOr<CrossAttentionWeights> LoadCrossAttention(
      absl::string_view prefix, float epsilon);
  absl::StatusOr<FeedForwardWeights> LoadFeedForward(absl::string_view prefix,
                                                     float epsilon);

 private:
  bool IsPacked() const {
    return options_.precision != kernels::Precision::kF32;
  }
  kernels::PackedType type() const;
  // Packs for a product; tells the sink.
  absl::StatusOr<std::unique_ptr<kernels::Linear>> PackParts(
      const std::string& name, const std::vector<std::string>& parts);
  absl::StatusOr<std::unique_ptr<kernels::Linear>> LoadParts(
      const std::string& name, const std::vector<std::string>& parts,
      kernels::Precision precision);
  // Of one part; the same where it was packed before.
  kernels::PackedWeight PackTensor(const TensorView& tensor);
  EmbeddingTable NarrowTable(const std::string& name, const TensorView& tensor);

  // An error where one of `parts` stands in a product of another name.
  absl::Status CheckPlain(const std::vector<std::string>& parts) const;

  // As a converted file has them.
  struct StoredProduct {
    kernels::PackedWeight weight;
    FloatBuffer bias;  // Empty for none.
  };
  absl::StatusOr<StoredProduct> LoadStored(const std::string& name,
                                           int64_t in_features,
                                           int64_t out_features) const;
  absl::StatusOr<std::unique_ptr<kernels::Linear>> LoadStoredParts(
      const std::string& name, const std::vector<std::string>& parts) const;
  absl::StatusOr<EmbeddingTable> LoadStoredTable(const std::string& name) const;

  const TensorMap& tensors_;
  const WeightOptions options_;
  absl::Status status_;
  // By where the tensor's bytes are.
  std::map<const std::byte*, kernels::PackedWeight> packed_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_WEIGHT_LOADER_H_
