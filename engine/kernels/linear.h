// Linear layers: the interface of all that multiply by a stored weight.
#ifndef PARLEY_ENGINE_KERNELS_LINEAR_H_
#define PARLEY_ENGINE_KERNELS_LINEAR_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace parley::kernels {

// Rows that a buffer must have room for where `num_rows` are computed: counts
// round up to the next prepared one. What stands in the surplus rows of an
// output is undefined, and they are never read.
int64_t RoundUpRows(int64_t num_rows);

// What the factors of a product are rounded to.
enum class Precision {
  kF32,
  // Weights to nearest; rows of x, too, where the processor multiplies bf16,
  // else weights are widened to f32 on their way. Sums are f32.
  kBF16,
  // Weights per output, symmetrically; rows of x when they come, each by its
  // own range. Sums are exact integers, scaled in f32.
  kInt8,
};

// Whether this processor multiplies so. Any thread.
bool Supports(Precision precision);

// Whether kBF16 is computed by widening weights to f32. Any thread.
bool WidensBF16();

struct LinearShape {
  int64_t in_features = 0;
  int64_t out_features = 0;
  Precision precision = Precision::kF32;
};

// Work on single rows on the same team as a product, just before it reads a
// row of x, and when all of y is there. Each row once, in no given order, any
// thread of the team; none for surplus rows.
struct RowWork {
  using Function = absl::FunctionRef<void(int64_t row)>;

  std::optional<Function> before;
  std::optional<Function> after;
};

// y = x * weight^T + bias. Holds its own packed copy of the weight, or shares
// a mapped one.
//
// A row's result is bit-identical whatever other rows it is computed with, and
// wherever among them it stands.
// Thread rule: read-only once created, so any number of threads may Run it at
// the same time (the runners of a model's replicas); the OpenMP team of each
// does its work. Create on any thread that has the OpenMP settings of those.
// Errors: Run cannot fail but for a broken invariant, which ends the process.
class Linear {
 public:
  // weight: [out_features, in_features], row-major, not kept.
  // bias: [out_features], or empty for none.
  // INTERNAL with oneDNN's words where it fails, INVALID_ARGUMENT for a size
  // below one or spans that do not fit the shape, and UNIMPLEMENTED for a
  // precision that the processor does not support.
  static absl::StatusOr<std::unique_ptr<Linear>> Create(
      const LinearShape& shape, absl::Span<const float> weight,
      absl::Span<const float> bias);
  virtual ~Linear() = default;

  // x: [num_rows, in_features], y: [num_rows, out_features], both dense and
  // with room for RoundUpRows(num_rows) rows. The surplus rows of x are read
  // but their results are dropped; they may hold anything.
  virtual void Run(const float* x, int64_t num_rows, float* y,
                   const RowWork& work) const = 0;
  void Run(const float* x, int64_t num_rows, float* y) const {
    Run(x, num_rows, y, {});
  }

  virtual LinearShape shape() const = 0;
};

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_LINEAR_H_
