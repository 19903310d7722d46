#include "engine/kernels/packed/rounded_rows.h"

#include <algorithm>
#include <cstring>

#include "absl/types/span.h"
#include "engine/kernels/packed/row_rotation.h"
#include "engine/kernels/packed/row_rounding.h"
#include "engine/kernels/vector_ops.h"

namespace parley::kernels {
namespace {

// Whether rows stay as they are.
bool HoldsFloats(const PackedShape& shape) {
  return shape.type == PackedType::kF32 || shape.type == PackedType::kInt16;
}

int64_t NumberBytes(const PackedShape& shape) {
  return HoldsFloats(shape) ? sizeof(float) : shape.element_bytes();
}

// In the calling thread's memory; until its next call.
absl::Span<const float> Rotated(absl::Span<const float> x) {
  thread_local std::vector<float> rotated;
  if (rotated.size() < x.size()) rotated.resize(x.size());
  const absl::Span<float> row = absl::MakeSpan(rotated).first(x.size());
  RotateRow(x, row);
  return row;
}

}  // namespace

bool RoundedRows::AreRoundedInPlace() const {
  return HoldsFloats(shape_) &&
         shape_.factor_bytes() == shape_.in_features * NumberBytes(shape_);
}

void RoundedRows::Begin(const PackedShape& shape, const float* x,
                        int64_t num_rows) {
  shape_ = shape;
  x_ = x;
  if (AreRoundedInPlace()) return;
  levels_ = BestPackedKernels().activation_levels;
  const int64_t num_floats =
      num_rows * shape.factor_bytes() / int64_t{sizeof(float)};
  if (bytes_.size() < num_floats) bytes_ = FloatBuffer(num_floats);
  if (static_cast<int64_t>(ranges_.size()) < num_rows) {
    ranges_.resize(num_rows);
  }
}

void RoundedRows::Round(int64_t row) {
  if (AreRoundedInPlace()) return;
  const float* x = x_ + row * shape_.in_features;
  const auto count = static_cast<size_t>(shape_.in_features);
  auto* bytes =
      reinterpret_cast<std::byte*>(bytes_.data()) + row * shape_.factor_bytes();
  if (shape_.type == PackedType::kInt8) {
    auto* rounded = reinterpret_cast<uint8_t*>(bytes);
    ranges_[row] = RoundToUint8(Rotated({x, count}), levels_, {rounded, count});
  } else if (HoldsFloats(shape_)) {
    std::memcpy(bytes, x, count * sizeof(float));
  } else {
    auto* rounded = reinterpret_cast<uint16_t*>(bytes);
    ConvertF32ToBF16({x, count}, {rounded, count});
  }
  // A NaN that an earlier product left there would spoil the sums.
  const int64_t used = shape_.in_features * NumberBytes(shape_);
  std::memset(bytes + used, 0, shape_.factor_bytes() - used);
}

PackedProduct RoundedRows::Product(const PackedWeight& weight,
                                   int64_t first_row, int64_t num_rows) const {
  const float* rows = AreRoundedInPlace() ? x_ : bytes_.data();
  return {.rows = reinterpret_cast<const std::byte*>(rows) +
                  first_row * shape_.factor_bytes(),
          .ranges = ranges_.data() + first_row,
          .num_rows = num_rows,
          .weight = &weight,
          .first_panel = 0,
          .end_panel = weight.shape.num_panels()};
}

RoundedRows& ThreadRows() {
  thread_local RoundedRows rows;
  return rows;
}

}  // namespace parley::kernels
