#include "engine/kernels/packed/rounded_rows.h"

#include <algorithm>
#include <cstring>

#include "absl/types/span.h"
#include "engine/kernels/packed/row_rotation.h"
#include "engine/kernels/packed/row_rounding.h"
#include "engine/kernels/vector_ops.h"

namespace parley::kernels {
namespace {

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
  return format_.number == RowFormat::Number::kF32 &&
         shape_.padded_in() == shape_.in_features;
}

void RoundedRows::Begin(const PackedShape& shape, const float* x,
                        int64_t num_rows) {
  shape_ = shape;
  format_ = BestPackedKernels().RowsFor(shape.type);
  x_ = x;
  if (AreRoundedInPlace()) return;
  const int64_t num_floats = num_rows * RowBytes() / int64_t{sizeof(float)};
  if (bytes_.size() < num_floats) bytes_ = FloatBuffer(num_floats);
  if (static_cast<int64_t>(ranges_.size()) < num_rows) {
    ranges_.resize(num_rows);
  }
}

void RoundedRows::Round(int64_t row) {
  if (AreRoundedInPlace()) return;
  const absl::Span<const float> x = {x_ + row * shape_.in_features,
                                     static_cast<size_t>(shape_.in_features)};
  auto* bytes = reinterpret_cast<std::byte*>(bytes_.data()) + row * RowBytes();
  switch (format_.number) {
    case RowFormat::Number::kUint8:
      ranges_[row] =
          RoundToUint8(Rotated(x), format_.levels,
                       {reinterpret_cast<uint8_t*>(bytes), x.size()});
      break;
    case RowFormat::Number::kBF16:
      ConvertF32ToBF16(x, {reinterpret_cast<uint16_t*>(bytes), x.size()});
      break;
    case RowFormat::Number::kF32:
      std::memcpy(bytes, x.data(), x.size() * sizeof(float));
      break;
  }
  // A NaN that an earlier product left there would spoil the sums.
  const int64_t used = shape_.in_features * format_.number_bytes();
  std::memset(bytes + used, 0, RowBytes() - used);
}

PackedProduct RoundedRows::Product(const PackedWeight& weight,
                                   int64_t first_row, int64_t num_rows) const {
  const float* rows = AreRoundedInPlace() ? x_ : bytes_.data();
  return {
      .rows = reinterpret_cast<const std::byte*>(rows) + first_row * RowBytes(),
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
