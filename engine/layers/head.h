// A head: two layers on top of a few of the rows.
#ifndef PARLEY_ENGINE_LAYERS_HEAD_H_
#define PARLEY_ENGINE_LAYERS_HEAD_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/kernels/vector_ops.h"
#include "engine/layers/weights.h"
#include "engine/tensor/tensor.h"

namespace parley {

// y = output(norm(activation(dense(x)))).
struct HeadWeights {
  std::unique_ptr<kernels::Linear> dense;  // d_model -> inner_dim
  kernels::Activation activation = kernels::Activation::kTanh;
  std::optional<NormWeights> norm;          // [inner_dim]
  std::unique_ptr<kernels::Linear> output;  // inner_dim -> width

  int64_t d_model() const { return dense->shape().in_features; }
  int64_t inner_dim() const { return dense->shape().out_features; }
  int64_t width() const { return output->shape().out_features; }
};

// Memory of a run of a head; sized once. Not thread-safe.
class HeadScratch {
 public:
  // Rows of a run at most: logits of large vocabularies are large.
  static constexpr int64_t kMaxRows = 32;

  // Nothing, until MakeRoomFor.
  HeadScratch() = default;
  // To be called before the first run, for each head that will run.
  void MakeRoomFor(const HeadWeights& head);

  float* input() { return input_.data(); }    // [kMaxRows, d_model]
  float* inner() { return inner_.data(); }    // [kMaxRows, inner_dim]
  float* output() { return output_.data(); }  // [kMaxRows, width]

 private:
  FloatBuffer input_;
  FloatBuffer inner_;
  FloatBuffer output_;
};

// From scratch.input() to scratch.output(), dense rows. Uses the calling
// thread's team. REQUIRES: num_rows <= HeadScratch::kMaxRows
void RunHead(const HeadWeights& head, int64_t num_rows, HeadScratch& scratch);

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_HEAD_H_
