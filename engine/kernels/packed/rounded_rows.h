// The rows of x in a packed product, rounded.
#ifndef PARLEY_ENGINE_KERNELS_PACKED_ROUNDED_ROWS_H_
#define PARLEY_ENGINE_KERNELS_PACKED_ROUNDED_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernels/packed/packed_weight.h"
#include "engine/kernels/packed/product.h"
#include "engine/tensor/tensor.h"

namespace parley::kernels {

// Memory that grows to the largest product it has served and is used again.
// Not thread-safe, but different rows may be rounded at the same time.
class RoundedRows {
 public:
  // For a product with weights of `shape`. x: [num_rows, in_features], kept
  // until the next product begins: f32 rows that fill their chunks are
  // multiplied where they are. Numbers are undefined until they are rounded.
  void Begin(const PackedShape& shape, const float* x, int64_t num_rows);

  // Whether rows are multiplied where they are, and Round does nothing.
  bool AreRoundedInPlace() const;

  // Takes the row of x as it is now.
  void Round(int64_t row);

  // The product of rows [first_row, first_row + num_rows) and all panels, its
  // bias and y yet to be set.
  PackedProduct Product(const PackedWeight& weight, int64_t first_row,
                        int64_t num_rows) const;

 private:
  int64_t RowBytes() const {
    return shape_.padded_in() * format_.number_bytes();
  }

  PackedShape shape_;
  RowFormat format_;
  const float* x_ = nullptr;
  FloatBuffer bytes_;  // [num_rows, RowBytes]; unused in place.
  std::vector<RowRange> ranges_;
};

// The calling thread's own, for products that it runs one after the other.
RoundedRows& ThreadRows();

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_PACKED_ROUNDED_ROWS_H_
