// Linear layers by oneDNN's matmul, weights packed once.
#ifndef PARLEY_ENGINE_KERNELS_ONEDNN_LINEAR_H_
#define PARLEY_ENGINE_KERNELS_ONEDNN_LINEAR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace parley::kernels {

// Rows that a buffer must have room for where `num_rows` are computed: counts
// round up to the next prepared one. What stands in the surplus rows of an
// output is undefined, and they are never read.
int64_t RoundUpRows(int64_t num_rows);

// What the factors of a product are rounded to (to nearest, ties to even);
// sums are f32 in each.
enum class Precision { kF32, kBF16 };

// Whether this processor multiplies so without emulating it. Any thread.
bool Supports(Precision precision);

struct LinearShape {
  int64_t in_features = 0;
  int64_t out_features = 0;
  Precision precision = Precision::kF32;
};

// y = x * weight^T + bias. Holds its own packed copy of the weight.
//
// A row's result is bit-identical whatever other rows it is computed with, and
// wherever among them it stands.
// Thread rule: Create on any thread that has the OpenMP settings of the one
// that will call Run; Run on one thread at a time (the runner), whose OpenMP
// team does the work. Different objects may run at the same time.
// Errors: Create gives INTERNAL with oneDNN's words where it fails,
// INVALID_ARGUMENT for a size below one or spans that do not fit the shape, and
// UNIMPLEMENTED for a precision that the processor does not support; Run cannot
// fail but for a broken invariant, which ends the process.
class Linear {
 public:
  // weight: [out_features, in_features], row-major, not kept.
  // bias: [out_features], or empty for none.
  static absl::StatusOr<std::unique_ptr<Linear>> Create(
      const LinearShape& shape, absl::Span<const float> weight,
      absl::Span<const float> bias);
  virtual ~Linear() = default;

  // x: [num_rows, in_features], y: [num_rows, out_features], both dense and
  // with room for RoundUpRows(num_rows) rows. The surplus rows of x are read
  // but their results are dropped; they may hold anything.
  virtual void Run(const float* x, int64_t num_rows, float* y) const = 0;

  virtual LinearShape shape() const = 0;
};

// "oneDNN 3.2.0, AVX-512": what the products are computed with, for logs.
std::string DescribeBackend();

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_ONEDNN_LINEAR_H_
