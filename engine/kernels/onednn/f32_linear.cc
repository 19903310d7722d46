#include "engine/kernels/onednn/f32_linear.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "dnnl.hpp"
#include "engine/kernels/onednn/few_rows.h"
#include "engine/kernels/onednn/prepared_matmul.h"
#include "engine/tensor/tensor.h"

namespace parley::kernels {
namespace {

using dnnl::memory;

class DnnlLinear final : public Linear {
 public:
  // Throws dnnl::error.
  DnnlLinear(const LinearShape& shape,
             std::shared_ptr<const PreparedMatmul> prepared,
             FloatBuffer storage)
      : shape_(shape),
        prepared_(std::move(prepared)),
        stream_(CpuEngine()),
        packed_weight_(std::move(storage)),
        scratchpad_bytes_(prepared_->scratchpad_bytes()) {
    scratchpad_ =
        memory(memory::desc({static_cast<int64_t>(scratchpad_bytes_.size())},
                            memory::data_type::u8, memory::format_tag::a),
               CpuEngine(), scratchpad_bytes_.data());
    for (const PreparedMatmul::Primitive& primitive : prepared_->primitives()) {
      tiles_.push_back({primitive.num_rows, primitive.matmul.get(),
                        memory(primitive.source, CpuEngine(), nullptr),
                        memory(primitive.result, CpuEngine(), nullptr)});
    }
    const int64_t num_rows = MaxPaddedRows();
    padded_source_ = FloatBuffer(num_rows * shape.in_features);
    padded_result_ = FloatBuffer::Uninitialized(num_rows * shape.out_features);
  }

  // To be called once, before anything else. Throws dnnl::error.
  void Pack(absl::Span<const float> weight, absl::Span<const float> bias) {
    // [out, in] in rows is [in, out] in columns.
    memory plain(memory::desc({shape_.in_features, shape_.out_features},
                              memory::data_type::f32, memory::format_tag::ba),
                 CpuEngine(), const_cast<float*>(weight.data()));
    weight_ =
        memory(prepared_->packed_weight(), CpuEngine(), packed_weight_.data());
    memory packed = weight_;
    dnnl::reorder(plain, packed).execute(stream_, plain, packed);
    float* bias_data = nullptr;
    if (!bias.empty()) {
      bias_ = memory(prepared_->bias(), CpuEngine());
      bias_data = static_cast<float*>(bias_.get_data_handle());
      std::copy(bias.begin(), bias.end(), bias_data);
    }
    stream_.wait();
    if (prepared_->few_rows_sum().has_value()) {
      few_rows_ = {.packed = packed_weight_.data(),
                   .bias = bias_data,
                   .in_features = shape_.in_features,
                   .padded_in = prepared_->packed_weight().get_padded_dims()[0],
                   .out_features = shape_.out_features,
                   .inputs_per_sum = *prepared_->few_rows_sum()};
    }
  }

  using Linear::Run;
  void Run(const float* x, int64_t num_rows, float* y,
           const RowWork& work) const override {
    ForEachRow(num_rows, work.before);
    Multiply(x, num_rows, y);
    ForEachRow(num_rows, work.after);
  }

  LinearShape shape() const override { return shape_; }

 private:
  // One of the prepared primitives, with memory objects whose data are set for
  // each call.
  struct Tile {
    int64_t num_rows;
    dnnl_primitive_t primitive;
    memory source;  // [num_rows, in_features]
    memory result;  // [num_rows, out_features]
  };

  // Fewer rows are not worth a second thread.
  static constexpr int64_t kMinRowsForTeam = 8;
  static void ForEachRow(int64_t num_rows, RowWork::Function body) {
#pragma omp parallel for schedule(static) if (num_rows >= kMinRowsForTeam)
    for (int64_t row = 0; row < num_rows; ++row) body(row);
  }

  void Multiply(const float* x, int64_t num_rows, float* y) const {
    if (num_rows <= kMaxFewRows && few_rows_.packed != nullptr) {
      return MultiplyFewRows(few_rows_, x, num_rows, y);
    }
    const int64_t room = RoundUpRows(num_rows);
    for (int64_t row = 0; row < num_rows;) {
      const Tile& tile = TileFor(num_rows - row);
      const float* tile_x = x + row * shape_.in_features;
      float* tile_y = y + row * shape_.out_features;
      const int64_t tile_rows = std::min(tile.num_rows, num_rows - row);
      if (row + tile.num_rows <= room) {
        Execute(tile, tile_x, tile_y);
      } else {
        ExecutePadded(tile, tile_rows, tile_x, tile_y);
      }
      row += tile.num_rows;
    }
  }

  // The smallest tile that holds `num_rows`, else the largest.
  const Tile& TileFor(int64_t num_rows) const {
    for (const Tile& tile : tiles_) {
      if (tile.num_rows >= num_rows) return tile;
    }
    return tiles_.back();
  }

  // The largest tile that can reach beyond a caller's buffers, which have room
  // for RoundUpRows: none where every prepared row count is in use.
  int64_t MaxPaddedRows() const {
    // A multiple of every prepared row count: what follows repeats.
    constexpr int64_t kPeriod = 768;
    int64_t max_rows = 0;
    for (int64_t num_rows = 1; num_rows <= kPeriod; ++num_rows) {
      for (int64_t row = 0; row < num_rows;) {
        const int64_t tile_rows = TileFor(num_rows - row).num_rows;
        row += tile_rows;
        if (row > RoundUpRows(num_rows)) {
          max_rows = std::max(max_rows, tile_rows);
        }
      }
    }
    return max_rows;
  }

  void Execute(const Tile& tile, const float* x, float* y) const {
    tile.source.set_data_handle(const_cast<float*>(x));
    tile.result.set_data_handle(y);
    // The C interface, which takes the arguments as they are.
    std::array<dnnl_exec_arg_t, 5> arguments = {{
        {DNNL_ARG_SRC, tile.source.get()},
        {DNNL_ARG_WEIGHTS, weight_.get()},
        {DNNL_ARG_DST, tile.result.get()},
        {DNNL_ARG_SCRATCHPAD, scratchpad_.get()},
    }};
    int num_arguments = 4;
    if (bias_) arguments[num_arguments++] = {DNNL_ARG_BIAS, bias_.get()};
    const dnnl_status_t executed = dnnl_primitive_execute(
        tile.primitive, stream_.get(), num_arguments, arguments.data());
    PARLEY_CHECK(executed == dnnl_success) << "oneDNN status " << executed;
    PARLEY_CHECK(dnnl_stream_wait(stream_.get()) == dnnl_success);
  }

  void ExecutePadded(const Tile& tile, int64_t num_rows, const float* x,
                     float* y) const {
    std::copy_n(x, num_rows * shape_.in_features, padded_source_.data());
    Execute(tile, padded_source_.data(), padded_result_.data());
    std::copy_n(padded_result_.data(), num_rows * shape_.out_features, y);
  }

  const LinearShape shape_;
  const std::shared_ptr<const PreparedMatmul> prepared_;
  dnnl::stream stream_;
  FloatBuffer packed_weight_;
  memory weight_;           // Of packed_weight_.
  memory bias_;             // [out_features]; none if there is none.
  FewRowsWeight few_rows_;  // Null where it would give other bits.
  std::vector<char> scratchpad_bytes_;
  memory scratchpad_;
  std::vector<Tile> tiles_;  // By rising row count.
  // For tiles that reach beyond the caller's buffers.
  mutable FloatBuffer padded_source_;
  mutable FloatBuffer padded_result_;
};

}  // namespace

int64_t RoundUpRows(int64_t num_rows) {
  PARLEY_CHECK(num_rows >= 0) << num_rows;
  const int64_t whole = num_rows / kMaxPreparedRows * kMaxPreparedRows;
  const int64_t rest = num_rows - whole;
  if (rest == 0) return whole;
  return whole + *std::lower_bound(std::begin(kPreparedRowCounts),
                                   std::end(kPreparedRowCounts), rest);
}

absl::StatusOr<std::unique_ptr<Linear>> CreateF32Linear(
    const LinearShape& shape, absl::Span<const float> weight,
    absl::Span<const float> bias, WeightLifetime lifetime) {
  PARLEY_ASSIGN_OR_RETURN(
      std::shared_ptr<const PreparedMatmul> prepared,
      PreparedMatmul::Get({.in_features = shape.in_features,
                           .out_features = shape.out_features,
                           .has_bias = !bias.empty()}));
  const auto num_floats = static_cast<int64_t>(
      (prepared->packed_weight().get_size() + sizeof(float) - 1) /
      sizeof(float));
  FloatBuffer storage = lifetime == WeightLifetime::kModel
                            ? FloatBuffer::ForWeights(num_floats)
                            : FloatBuffer::Uninitialized(num_floats);
  try {
    auto linear = std::make_unique<DnnlLinear>(shape, std::move(prepared),
                                               std::move(storage));
    linear->Pack(weight, bias);
    return linear;
  } catch (const dnnl::error& error) {
    return absl::InternalError(
        absl::StrCat("oneDNN cannot pack a weight of ", shape.out_features,
                     " by ", shape.in_features, ": ", error.what()));
  }
}

}  // namespace parley::kernels
