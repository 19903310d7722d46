#include "engine/kernels/packed/packed_linear.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/kernels/onednn/isa.h"
#include "engine/kernels/packed/rounded_rows.h"
#include "engine/kernels/team.h"

namespace parley::kernels {
namespace {

class PackedLinear final : public Linear {
 public:
  PackedLinear(PackedWeight weight, PackedKernel kernel,
               absl::Span<const float> bias)
      : weight_(std::move(weight)),
        kernel_(kernel),
        bias_(PadBias(weight_.shape, bias)) {}

  using Linear::Run;
  void Run(const float* x, int64_t num_rows, float* y,
           const RowWork& work) const override {
    RoundedRows& rows = ThreadRows();
    rows.Begin(weight_.shape, x, num_rows);
    const Division division = DivisionFor(num_rows);
    SharedChunks rows_before(num_rows, RowsOfChunk(num_rows));
    SharedChunks parts(division.panel_parts * division.row_parts, 1);
    SharedChunks rows_after(num_rows, RowsOfChunk(num_rows));
    const auto multiply = [&](const TeamMember& member) {
      // Threads meet only where there is something to wait for.
      if (work.before || !rows.AreRoundedInPlace()) {
        rows_before.ForEach(member, [&](int64_t row) {
          if (work.before) (*work.before)(row);
          rows.Round(row);
        });
        member.Meet();
      }
      parts.ForEach(member, [&](int64_t part) {
        MultiplyPart(rows, num_rows, division, part, y);
      });
      if (work.after) {
        member.Meet();
        rows_after.ForEach(member, *work.after);
      }
    };
    IsWorthATeam(num_rows) ? RunOnTeam(multiply) : RunAlone(multiply);
  }

  LinearShape shape() const override {
    return {.in_features = weight_.shape.in_features,
            .out_features = weight_.shape.out_features,
            .precision = PrecisionOf(weight_.shape.type)};
  }

 private:
  // Below, one thread is done before two have met.
  bool IsWorthATeam(int64_t num_rows) const {
    constexpr int64_t kMinBytes = 64 << 10;
    return num_rows > 0 && weight_.shape.num_bytes() * num_rows >= kMinBytes;
  }

  // How a product is cut: some panels for all rows, and only where there are
  // more threads than panels some of the rows. As many parts for each thread:
  // one, and of many rows several, so that others can take them over.
  struct Division {
    int64_t panel_unit = 4;  // As kernels take them together.
    int64_t panel_parts = 1;
    int64_t row_parts = 1;
  };

  Division DivisionFor(int64_t num_rows) const {
    constexpr int64_t kPanelsOfPart = 8;
    Division division;
    const int64_t num_threads = NumMembers();
    const int64_t num_panels = weight_.shape.num_panels();
    const int64_t num_units =
        (num_panels + division.panel_unit - 1) / division.panel_unit;
    division.panel_parts = std::min(num_threads, num_units);
    division.row_parts = num_threads / division.panel_parts;
    if (num_threads > 1 && num_rows >= kManyRows &&
        num_panels > num_threads * kPanelsOfPart) {
      division.panel_unit = 2;
      const int64_t panels_of_round = num_threads * kPanelsOfPart;
      division.panel_parts =
          (num_panels + panels_of_round - 1) / panels_of_round * num_threads;
    }
    return division;
  }

  void MultiplyPart(const RoundedRows& rows, int64_t num_rows,
                    const Division& division, int64_t index, float* y) const {
    constexpr int64_t kRowUnit = 32;
    const PackedShape& shape = weight_.shape;
    const Range panels =
        PartOf(shape.num_panels(), division.panel_unit,
               index % division.panel_parts, division.panel_parts);
    const Range part = PartOf(num_rows, kRowUnit, index / division.panel_parts,
                              division.row_parts);
    if (part.begin == part.end || panels.begin == panels.end) return;
    PackedProduct product =
        rows.Product(weight_, part.begin, part.end - part.begin);
    product.bias = bias_.data();
    product.first_panel = panels.begin;
    product.end_panel = panels.end;
    product.y = y + part.begin * shape.out_features +
                panels.begin * PackedShape::kPanelOutputs;
    product.y_stride = shape.out_features;
    kernel_(product);
  }

  const PackedWeight weight_;
  const PackedKernel kernel_;
  const FloatBuffer bias_;  // [padded_out]
};

}  // namespace

PackedType PackedTypeOf(Precision precision) {
  switch (precision) {
    case Precision::kInt8:
      return PackedType::kInt8;
    case Precision::kBF16:
      return PackedType::kBF16;
    case Precision::kF32:
      break;
  }
  return PackedType::kF32;
}

Precision PrecisionOf(PackedType type) {
  switch (type) {
    case PackedType::kInt8:
      return Precision::kInt8;
    case PackedType::kBF16:
      return Precision::kBF16;
    case PackedType::kInt16:
    case PackedType::kF32:
      break;
  }
  return Precision::kF32;
}

absl::StatusOr<PackedKernel> FindKernel(PackedType type) {
  const PackedKernels& kernels = BestPackedKernels();
  if (type == PackedType::kInt8) return kernels.int8;
  if (type == PackedType::kF32) {
    if (kernels.f32 != nullptr) return kernels.f32;
    return absl::UnimplementedError("f32 products are oneDNN's here");
  }
  if (type == PackedType::kInt16) {
    if (kernels.int16 != nullptr) return kernels.int16;
    return absl::UnimplementedError("there are no int16 products here");
  }
  if (kernels.bf16 != nullptr) return kernels.bf16;
  return absl::UnimplementedError(
      absl::StrCat("bf16 products need AVX2 (this processor has ", IsaName(),
                   "): use int8 or f32"));
}

FloatBuffer PadBias(const PackedShape& shape, absl::Span<const float> bias) {
  PARLEY_CHECK(bias.empty() ||
               static_cast<int64_t>(bias.size()) == shape.out_features)
      << bias.size();
  FloatBuffer padded(shape.padded_out());
  std::copy(bias.begin(), bias.end(), padded.data());
  return padded;
}

absl::StatusOr<std::unique_ptr<Linear>> CreatePackedLinear(
    PackedWeight weight, absl::Span<const float> bias) {
  PARLEY_ASSIGN_OR_RETURN(const PackedKernel kernel,
                          FindKernel(weight.shape.type));
  return std::make_unique<PackedLinear>(std::move(weight), kernel, bias);
}

}  // namespace parley::kernels
