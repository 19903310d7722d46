// A linear layer over a vocabulary: so many outputs that their results are used
// up block by block and never stand in memory as a whole.
#ifndef PARLEY_ENGINE_KERNELS_WIDE_LINEAR_H_
#define PARLEY_ENGINE_KERNELS_WIDE_LINEAR_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/packed/packed_weight.h"

namespace parley::kernels {

// Results of some rows and neighbouring outputs.
struct OutputBlock {
  int64_t first_row = 0;
  int64_t num_rows = 0;
  int64_t index = 0;  // Of the outputs' block, counted from 0.
  int64_t first_output = 0;
  int64_t num_outputs = 0;  // At most WideLinear::kBlockOutputs.
  // Row i starts at y + i * stride. The consumer may change them.
  float* y = nullptr;
  int64_t stride = 0;
  int thread = 0;  // Of the team, from 0.
};

// Where a weight in full precision comes from.
struct WideWeight {
  LinearShape shape;
  ReadOutput read;          // Kept for as long as the layer.
  std::vector<float> bias;  // [out_features], or empty for none.
};

// Of only these `outputs`, in their order. REQUIRES: they are in range
WideWeight SelectOutputs(const WideWeight& weight,
                         absl::Span<const int32_t> outputs);

// As Linear, in its independence of rows, thread rule and errors.
class WideLinear {
 public:
  static constexpr int64_t kBlockOutputs = 512;

  // In f32, results are rough where the processor is faster so.
  static absl::StatusOr<std::unique_ptr<WideLinear>> Create(WideWeight weight);
  static absl::StatusOr<std::unique_ptr<WideLinear>> Create(
      PackedWeight weight, absl::Span<const float> bias);
  virtual ~WideLinear() = default;

  // Blocks come on the threads of the calling thread's team, those of one
  // thread by rising index; each row and output once.
  using Consumer = absl::FunctionRef<void(const OutputBlock& block)>;
  // x: [num_rows, in_features], with room for RoundUpRows(num_rows) rows.
  virtual void Run(const float* x, int64_t num_rows,
                   Consumer consume) const = 0;

  // Whether Run gives rough results, which are off by MaxError at most.
  virtual bool is_rough() const { return false; }

  // For a row of x, [in_features]: by how much its rough results may differ
  // from those of Result. Not a finite number where x holds one that is not.
  virtual float MaxError(const float* x) const { return 0; }

  // Where results are rough, one of a row in f32, which takes a while. Any
  // thread. REQUIRES: is_rough(), and that the output is in range
  virtual float Result(const float* x, int64_t output) const;

  // The layer of only these `outputs`, in their order; bits are the same.
  // REQUIRES: they are in range, and at least one.
  virtual absl::StatusOr<std::unique_ptr<WideLinear>> Select(
      absl::Span<const int32_t> outputs) const = 0;

  virtual LinearShape shape() const = 0;

  int64_t num_blocks() const {
    return (shape().out_features + kBlockOutputs - 1) / kBlockOutputs;
  }
};

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_WIDE_LINEAR_H_
