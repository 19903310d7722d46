// The dense layers that sentence-transformers puts behind the pooling.
#ifndef PARLEY_ENGINE_RUNTIME_DENSE_LAYERS_H_
#define PARLEY_ENGINE_RUNTIME_DENSE_LAYERS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/layers/weights.h"
#include "engine/runtime/sentence_transformers.h"
#include "engine/tensor/tensor.h"

namespace parley {

class DenseScratch;

// A chain of layers: read-only once loaded, so any number of threads may run
// it, each with a scratch of its own and a team as large as at loading.
class DenseLayers {
 public:
  // Vectors of a run at most.
  static constexpr int64_t kMaxRows = 32;

  DenseLayers() = default;  // No layers.

  // Packs the weights of `modules`, of which the first takes vectors of
  // `width`. INVALID_ARGUMENT where they do not fit each other, or tensors are
  // missing or malformed; NOT_FOUND where files are.
  static absl::StatusOr<DenseLayers> Load(absl::Span<const DenseModule> modules,
                                          int64_t width);

  bool empty() const { return layers_.empty(); }
  int64_t in_features() const { return layers_.front().in_features(); }
  int64_t out_features() const { return layers_.back().out_features(); }
  int64_t num_parameters() const { return num_parameters_; }

  // From scratch.input() to [num_rows, out_features], overwritten by the next
  // run. REQUIRES: !empty(), num_rows <= kMaxRows, a scratch made for these
  // layers
  const float* Run(int64_t num_rows, DenseScratch& scratch) const;

 private:
  friend class DenseScratch;

  struct Layer {
    std::unique_ptr<kernels::Linear> linear;
    std::optional<kernels::Activation> activation;

    int64_t in_features() const { return linear->shape().in_features; }
    int64_t out_features() const { return linear->shape().out_features; }
  };

  std::vector<Layer> layers_;
  int64_t num_parameters_ = 0;
};

// Memory of a run of dense layers; sized once. Not thread-safe.
class DenseScratch {
 public:
  // Nothing, where there are no layers.
  explicit DenseScratch(const DenseLayers& layers);

  float* input() { return input_.data(); }  // [kMaxRows, in_features]

 private:
  friend class DenseLayers;

  FloatBuffer input_;
  // The outputs of odd and of even layers. [kMaxRows, the widest of them]
  FloatBuffer outputs_[2];
};

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_DENSE_LAYERS_H_
