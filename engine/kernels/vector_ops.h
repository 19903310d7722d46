// Kernels over rows of floats: normalisation, activation, softmax, selection.
//
// All of them: plain functions over spans, single-threaded (callers split rows
// among threads), no allocation, no state, any alignment. A row's result
// depends on that row's numbers alone, so it is the same bits wherever the row
// stands. Implemented with Highway for every instruction set it supports; the
// best one of the machine is chosen once, at the first call.
#ifndef PARLEY_ENGINE_KERNELS_VECTOR_OPS_H_
#define PARLEY_ENGINE_KERNELS_VECTOR_OPS_H_

#include <cstdint>

#include "absl/types/span.h"

namespace parley::kernels {

// y = (x - mean(x)) / sqrt(variance(x) + epsilon) * scale + shift, over one row
// (Ba et al. 2016). x, scale, shift, y: [d]; y may be x.
struct LayerNormWeights {
  absl::Span<const float> scale;  // [d]
  absl::Span<const float> shift;  // [d]
  float epsilon = 1e-5f;
};
void LayerNorm(absl::Span<const float> x, const LayerNormWeights& weights,
               absl::Span<float> y);

// x = LayerNorm(x + delta) over one row: a residual connection followed by its
// norm. x, delta: [d].
void AddLayerNorm(absl::Span<const float> delta,
                  const LayerNormWeights& weights, absl::Span<float> x);

enum class Activation {
  kRelu,
  kSwish,     // x * sigmoid(x); also called SiLU.
  kGelu,      // x * Phi(x), with the error function.
  kGeluTanh,  // Its approximation by tanh (gelu_new, gelu_pytorch_tanh).
  kTanh,
};

// x = activation(x), each element; relative error of at most 1e-6 against
// double precision where the result is a normal float.
void Activate(Activation activation, absl::Span<float> x);

// y = x * factor + shift. x, shift, y: [d]; y may be x or shift.
void ScaleAdd(absl::Span<const float> x, float factor,
              absl::Span<const float> shift, absl::Span<float> y);

// y = x * y, each element. x, y: [d].
void Multiply(absl::Span<const float> x, absl::Span<float> y);

// The sum of x times y, each element. x, y: [d].
float DotProduct(absl::Span<const float> x, absl::Span<const float> y);

// The sum of |x|, each element.
float SumOfMagnitudes(absl::Span<const float> x);

// log(sum(exp(x))), stable for any finite x; -infinity where all of x is
// -infinity (or x is empty), NaN where x holds one.
float LogSumExp(absl::Span<const float> x);

// x = exp(x - LogSumExp(x)). x: [n], n > 0, with at least one finite element.
void Softmax(absl::Span<float> x);

// The greatest of x, and the sum of exp(x - max).
struct ExpSum {
  float max = 0;
  float sum = 0;  // NaN where x holds one or +infinity; 0 where max is
                  // -infinity, or x is empty.
};
ExpSum SumOfExp(absl::Span<const float> x);

// log(sum(sum[i] * exp(max[i]))): of several ExpSums the logarithm of all. NaN
// where a sum is NaN. max, sum: [n]
float LogOfExpSums(absl::Span<const float> max, absl::Span<const float> sum);

struct IndexedValue {
  int32_t index = 0;
  float value = 0;
};

// Writes the greatest elements of x to `top` (as many as it has room for, at
// most x.size()), greatest first, equal ones by rising index; returns how many.
// -infinity is never chosen. x holds no NaN. Fast where top is small against x.
int TopK(absl::Span<const float> x, absl::Span<IndexedValue> top);

// The same over blocks that come one after the other: adds elements of x, which
// are numbered from `first_index`, to the `count` greatest of those before, and
// returns how many there are then. REQUIRES: count <= top.size()
int InsertTop(absl::Span<const float> x, int32_t first_index, int count,
              absl::Span<IndexedValue> top);

// Widens stored 16-bit floats. x and y of the same length; exact.
void ConvertF16ToF32(absl::Span<const uint16_t> x, absl::Span<float> y);
void ConvertBF16ToF32(absl::Span<const uint16_t> x, absl::Span<float> y);

// Rounds to the nearest bf16, ties to even. x and y of the same length.
void ConvertF32ToBF16(absl::Span<const float> x, absl::Span<uint16_t> y);

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_VECTOR_OPS_H_
