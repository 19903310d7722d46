// What becomes of a vector between the engine and the wire. Pure functions.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_VECTORS_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_VECTORS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace parley {

enum class VectorFormat { kF32, kF16, kInt8, kBinary };

// Bytes of a vector of so many dimensions.
int64_t PackedBytes(VectorFormat format, int64_t dimensions);

struct PackedVector {
  std::string bytes;  // Little-endian.
  float scale = 0;    // Of kInt8: a number is its byte times this.
};

// INTERNAL unless all of `values` are finite and one is not 0: no other vector
// is an answer.
absl::Status CheckVector(absl::Span<const float> values);

struct VectorShape {
  int dimensions = 0;  // 1 to the vector's.
  bool normalize = false;
};

// The first `dimensions` of `values`, then scaled to unit length where asked.
// Errors are those of CheckVector.
absl::StatusOr<std::vector<float>> ShapeVector(std::vector<float> values,
                                               const VectorShape& shape);

// `values` in that format: kF16 and kInt8 to the nearest, of two the even one.
// OUT_OF_RANGE where a number is too large for kF16, or all are too small for
// the format to tell them from 0.
// REQUIRES: CheckVector(values)
absl::StatusOr<PackedVector> PackVector(absl::Span<const float> values,
                                        VectorFormat format);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_VECTORS_H_
