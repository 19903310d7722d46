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

// A chain of layers and its scratch memory. Not thread-safe: uses the calling
// thread's team.
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

  // Where Run takes its input from: [kMaxRows, in_features].
  float* input() { return input_.data(); }

  // Gives [num_rows, out_features], overwritten by the next run.
  // REQUIRES: !empty(), num_rows <= kMaxRows
  const float* Run(int64_t num_rows);

 private:
  struct Layer {
    std::unique_ptr<kernels::Linear> linear;
    std::optional<kernels::Activation> activation;

    int64_t in_features() const { return linear->shape().in_features; }
    int64_t out_features() const { return linear->shape().out_features; }
  };

  std::vector<Layer> layers_;
  int64_t num_parameters_ = 0;
  FloatBuffer input_;
  // The outputs of odd and of even layers.
  FloatBuffer outputs_[2];
};

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_DENSE_LAYERS_H_
