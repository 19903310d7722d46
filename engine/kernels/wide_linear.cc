#include "engine/kernels/wide_linear.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/kernels/onednn/f32_linear.h"
#include "engine/kernels/packed/packed_linear.h"
#include "engine/kernels/packed/rounded_rows.h"
#include "engine/kernels/rough_wide_linear.h"
#include "engine/kernels/team.h"
#include "engine/tensor/tensor.h"

namespace parley::kernels {
namespace {

// Rows of a block at most: its results stay in the second-level cache.
constexpr int64_t kBlockRows = 128;

// The calling thread's room for the results of a block.
float* ThreadResults() {
  thread_local FloatBuffer results =
      FloatBuffer::Uninitialized(kBlockRows * WideLinear::kBlockOutputs);
  return results.data();
}

class F32WideLinear final : public WideLinear {
 public:
  static absl::StatusOr<std::unique_ptr<WideLinear>> Make(
      WideWeight weight, WeightLifetime lifetime) {
    auto layer =
        std::unique_ptr<F32WideLinear>(new F32WideLinear(std::move(weight)));
    PARLEY_RETURN_IF_ERROR(layer->MakeBlocks(lifetime));
    return layer;
  }

  void Run(const float* x, int64_t num_rows, Consumer consume) const override {
    // What a block's consumer does with it differs.
    ForEachItem(num_blocks(), [&](int64_t index) {
      OutputBlock block = {
          .index = index,
          .first_output = index * kBlockOutputs,
          .num_outputs = std::min(kBlockOutputs,
                                  shape().out_features - index * kBlockOutputs),
          .y = ThreadResults(),
          .stride = kBlockOutputs,
          .thread = TeamThread()};
      for (int64_t row = 0; row < num_rows; row += kBlockRows) {
        block.first_row = row;
        block.num_rows = std::min(kBlockRows, num_rows - row);
        blocks_[index]->Run(x + row * shape().in_features, block.num_rows,
                            block.y);
        consume(block);
      }
    });
  }

  absl::StatusOr<std::unique_ptr<WideLinear>> Select(
      absl::Span<const int32_t> outputs) const override {
    return Make(SelectOutputs(weight_, outputs), WeightLifetime::kTask);
  }

  LinearShape shape() const override { return weight_.shape; }

 private:
  explicit F32WideLinear(WideWeight weight) : weight_(std::move(weight)) {}

  // All of one shape, the last padded with zeros, so that they share what
  // oneDNN prepares; each for one thread.
  absl::Status MakeBlocks(WeightLifetime lifetime) {
    const auto& [shape, read, all_bias] = weight_;
    const int64_t in_features = shape.in_features;
    const LinearShape block_shape = {.in_features = in_features,
                                     .out_features = kBlockOutputs};
    const OneThread one_thread;
    FloatBuffer weight =
        FloatBuffer::Uninitialized(kBlockOutputs * in_features);
    FloatBuffer bias(kBlockOutputs);
    for (int64_t first = 0; first < shape.out_features;
         first += kBlockOutputs) {
      const int64_t count = std::min(kBlockOutputs, shape.out_features - first);
      for (int64_t i = 0; i < count; ++i) {
        read(first + i, weight.span().subspan(i * in_features, in_features));
        bias.data()[i] = all_bias.empty() ? 0.0f : all_bias[first + i];
      }
      std::fill(weight.data() + count * in_features,
                weight.data() + weight.size(), 0.0f);
      std::fill(bias.data() + count, bias.data() + kBlockOutputs, 0.0f);
      PARLEY_ASSIGN_OR_RETURN(
          std::unique_ptr<Linear> block,
          CreateF32Linear(block_shape, weight.span(), bias.span(), lifetime));
      blocks_.push_back(std::move(block));
    }
    return absl::OkStatus();
  }

  const WideWeight weight_;
  std::vector<std::unique_ptr<Linear>> blocks_;
};

class PackedWideLinear final : public WideLinear {
 public:
  PackedWideLinear(PackedWeight weight, PackedKernel kernel,
                   absl::Span<const float> bias)
      : weight_(std::move(weight)),
        kernel_(kernel),
        bias_(PadBias(weight_.shape, bias)) {}

  void Run(const float* x, int64_t num_rows, Consumer consume) const override {
    const PackedShape& packed = weight_.shape;
    RoundedRows& rows = ThreadRows();
    rows.Begin(packed, x, num_rows);
    ForEachRow(num_rows, [&](int64_t row) { rows.Round(row); });
    ForEachItem(num_blocks(), [&](int64_t index) {
      RunBlock(rows, num_rows, index, consume);
    });
  }

  absl::StatusOr<std::unique_ptr<WideLinear>> Select(
      absl::Span<const int32_t> outputs) const override {
    std::vector<float> bias;
    for (const int32_t output : outputs) bias.push_back(bias_.data()[output]);
    return Create(SelectOutputs(weight_, outputs), bias);
  }

  LinearShape shape() const override {
    return {.in_features = weight_.shape.in_features,
            .out_features = weight_.shape.out_features,
            .precision = PrecisionOf(weight_.shape.type)};
  }

 private:
  void RunBlock(const RoundedRows& rows, int64_t num_rows, int64_t index,
                Consumer consume) const {
    constexpr int64_t kBlockPanels = kBlockOutputs / PackedShape::kPanelOutputs;
    const int64_t first_output = index * kBlockOutputs;
    OutputBlock block = {
        .index = index,
        .first_output = first_output,
        .num_outputs =
            std::min(kBlockOutputs, weight_.shape.out_features - first_output),
        .y = ThreadResults(),
        .stride = kBlockOutputs,
        .thread = TeamThread()};
    for (int64_t row = 0; row < num_rows; row += kBlockRows) {
      block.first_row = row;
      block.num_rows = std::min(kBlockRows, num_rows - row);
      PackedProduct product = rows.Product(weight_, row, block.num_rows);
      product.bias = bias_.data();
      product.first_panel = index * kBlockPanels;
      product.end_panel =
          std::min((index + 1) * kBlockPanels, weight_.shape.num_panels());
      product.y = block.y;
      product.y_stride = kBlockOutputs;
      kernel_(product);
      consume(block);
    }
  }

  const PackedWeight weight_;
  const PackedKernel kernel_;
  const FloatBuffer bias_;  // [padded_out]
};

}  // namespace

WideWeight SelectOutputs(const WideWeight& weight,
                         absl::Span<const int32_t> outputs) {
  std::vector<int32_t> kept(outputs.begin(), outputs.end());
  WideWeight selected = {.shape = weight.shape};
  selected.shape.out_features = std::ssize(kept);
  for (const int32_t output : kept) {
    PARLEY_CHECK(output >= 0 && output < weight.shape.out_features) << output;
    if (!weight.bias.empty()) selected.bias.push_back(weight.bias[output]);
  }
  selected.read = [read = weight.read, kept = std::move(kept)](
                      int64_t i, absl::Span<float> row) { read(kept[i], row); };
  return selected;
}

float WideLinear::Result(const float* x, int64_t output) const {
  PARLEY_CHECK(false) << "results are not rough";
  return 0;
}

absl::StatusOr<std::unique_ptr<WideLinear>> WideLinear::Create(
    WideWeight weight) {
  const LinearShape& shape = weight.shape;
  if (shape.precision == Precision::kF32) {
    PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<WideLinear> rough,
                            CreateRoughWideLinear(weight));
    if (rough != nullptr) return rough;
  }
  if (shape.precision == Precision::kF32 &&
      !FindKernel(PackedType::kF32).ok()) {
    return F32WideLinear::Make(std::move(weight), WeightLifetime::kModel);
  }
  return Create(Pack({.in_features = shape.in_features,
                      .out_features = shape.out_features,
                      .type = PackedTypeOf(shape.precision)},
                     weight.read),
                weight.bias);
}

absl::StatusOr<std::unique_ptr<WideLinear>> WideLinear::Create(
    PackedWeight weight, absl::Span<const float> bias) {
  PARLEY_ASSIGN_OR_RETURN(const PackedKernel kernel,
                          FindKernel(weight.shape.type));
  return std::make_unique<PackedWideLinear>(std::move(weight), kernel, bias);
}

}  // namespace parley::kernels
