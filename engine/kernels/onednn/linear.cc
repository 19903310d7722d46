#include "engine/kernels/onednn/linear.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "dnnl.hpp"
#include "engine/kernels/onednn/prepared_matmul.h"
#include "engine/kernels/vector_ops.h"
#include "engine/tensor/tensor.h"

namespace parley::kernels {
namespace {

using dnnl::memory;

class DnnlLinear final : public Linear {
 public:
  // Throws dnnl::error.
  DnnlLinear(const LinearShape& shape,
             std::shared_ptr<const PreparedMatmul> prepared,
             absl::Span<const float> weight, absl::Span<const float> bias)
      : shape_(shape),
        prepared_(std::move(prepared)),
        stream_(CpuEngine()),
        scratchpad_bytes_(prepared_->scratchpad_bytes()) {
    Pack(weight, bias);
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
    if (shape.precision == Precision::kBF16) {
      rounded_source_.resize(tiles_.back().num_rows * shape.in_features);
    } else {
      padded_source_ = FloatBuffer(num_rows * shape.in_features);
    }
    padded_result_ = FloatBuffer::Uninitialized(num_rows * shape.out_features);
  }

  void Run(const float* x, int64_t num_rows, float* y) const override {
    const int64_t room = RoundUpRows(num_rows);
    for (int64_t row = 0; row < num_rows;) {
      const Tile& tile = TileFor(num_rows - row);
      const float* tile_x = x + row * shape_.in_features;
      float* tile_y = y + row * shape_.out_features;
      const int64_t tile_rows = std::min(tile.num_rows, num_rows - row);
      if (row + tile.num_rows <= room) {
        Execute(tile, Source(tile_x, tile_rows), tile_y);
      } else {
        ExecutePadded(tile, tile_rows, tile_x, tile_y);
      }
      row += tile.num_rows;
    }
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

  void Pack(absl::Span<const float> weight, absl::Span<const float> bias) {
    // [out, in] in rows is [in, out] in columns.
    memory plain(memory::desc({shape_.in_features, shape_.out_features},
                              memory::data_type::f32, memory::format_tag::ba),
                 CpuEngine(), const_cast<float*>(weight.data()));
    const size_t packed_bytes = prepared_->packed_weight().get_size();
    packed_weight_ = FloatBuffer::Uninitialized(
        (packed_bytes + sizeof(float) - 1) / sizeof(float));
    weight_ =
        memory(prepared_->packed_weight(), CpuEngine(), packed_weight_.data());
    memory packed = weight_;
    dnnl::reorder(plain, packed).execute(stream_, plain, packed);
    if (!bias.empty()) {
      bias_ = memory(prepared_->bias(), CpuEngine());
      std::copy(bias.begin(), bias.end(),
                static_cast<float*>(bias_.get_data_handle()));
    }
    stream_.wait();
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

  // What the primitives take for `num_rows` rows of x.
  const void* Source(const float* x, int64_t num_rows) const {
    if (shape_.precision == Precision::kF32) return x;
    const size_t count = num_rows * shape_.in_features;
    ConvertF32ToBF16({x, count}, absl::MakeSpan(rounded_source_.data(), count));
    return rounded_source_.data();
  }

  void Execute(const Tile& tile, const void* source, float* y) const {
    tile.source.set_data_handle(const_cast<void*>(source));
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
    const void* source = Source(x, num_rows);
    if (source == x) {
      std::copy_n(x, num_rows * shape_.in_features, padded_source_.data());
      source = padded_source_.data();
    }
    Execute(tile, source, padded_result_.data());
    std::copy_n(padded_result_.data(), num_rows * shape_.out_features, y);
  }

  const LinearShape shape_;
  const std::shared_ptr<const PreparedMatmul> prepared_;
  dnnl::stream stream_;
  FloatBuffer packed_weight_;
  memory weight_;  // Of packed_weight_.
  memory bias_;    // [out_features]; none if there is none.
  std::vector<char> scratchpad_bytes_;
  memory scratchpad_;
  std::vector<Tile> tiles_;  // By rising row count.
  // For tiles that reach beyond the caller's buffers.
  mutable FloatBuffer padded_source_;
  // Of a tile, where the precision is another than that of x.
  mutable std::vector<uint16_t> rounded_source_;
  mutable FloatBuffer padded_result_;
};

absl::Status CheckSizes(const LinearShape& shape,
                        absl::Span<const float> weight,
                        absl::Span<const float> bias) {
  const int64_t weight_size = weight.size();
  const int64_t bias_size = bias.size();
  // By division: the product of sizes that nobody has checked may overflow.
  if (shape.in_features >= 1 && shape.out_features >= 1 &&
      weight_size % shape.in_features == 0 &&
      weight_size / shape.in_features == shape.out_features &&
      (bias_size == 0 || bias_size == shape.out_features)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("a linear layer of ", shape.in_features, " by ",
                   shape.out_features, " does not take a weight of ",
                   weight_size, " and a bias of ", bias_size, " numbers"));
}

absl::string_view IsaName(dnnl::cpu_isa isa) {
  switch (isa) {
    case dnnl::cpu_isa::sse41:
      return "SSE4.1";
    case dnnl::cpu_isa::avx:
      return "AVX";
    case dnnl::cpu_isa::avx2:
      return "AVX2";
    case dnnl::cpu_isa::avx2_vnni:
    case dnnl::cpu_isa::avx2_vnni_2:
      return "AVX2 with VNNI";
    case dnnl::cpu_isa::avx512_core:
      return "AVX-512";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "AVX-512 with VNNI";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "AVX-512 with BF16";
    case dnnl::cpu_isa::avx512_core_fp16:
      return "AVX-512 with FP16";
    case dnnl::cpu_isa::avx512_core_amx:
    case dnnl::cpu_isa::avx512_core_amx_fp16:
      return "AVX-512 with AMX";
    default:
      return "an instruction set unknown here";
  }
}

}  // namespace

bool Supports(Precision precision) {
  if (precision == Precision::kF32) return true;
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx512_core_bf16:
    case dnnl::cpu_isa::avx512_core_fp16:
    case dnnl::cpu_isa::avx512_core_amx:
    case dnnl::cpu_isa::avx512_core_amx_fp16:
      return true;
    default:
      return false;
  }
}

int64_t RoundUpRows(int64_t num_rows) {
  PARLEY_CHECK(num_rows >= 0) << num_rows;
  const int64_t whole = num_rows / kMaxPreparedRows * kMaxPreparedRows;
  const int64_t rest = num_rows - whole;
  if (rest == 0) return whole;
  return whole + *std::lower_bound(std::begin(kPreparedRowCounts),
                                   std::end(kPreparedRowCounts), rest);
}

absl::StatusOr<std::unique_ptr<Linear>> Linear::Create(
    const LinearShape& shape, absl::Span<const float> weight,
    absl::Span<const float> bias) {
  PARLEY_RETURN_IF_ERROR(CheckSizes(shape, weight, bias));
  if (!Supports(shape.precision)) {
    return absl::UnimplementedError(
        absl::StrCat("this processor has no bf16 products (it has ",
                     IsaName(dnnl::get_effective_cpu_isa()), ")"));
  }
  PARLEY_ASSIGN_OR_RETURN(
      std::shared_ptr<const PreparedMatmul> prepared,
      PreparedMatmul::Get({.in_features = shape.in_features,
                           .out_features = shape.out_features,
                           .has_bias = !bias.empty(),
                           .type = shape.precision == Precision::kBF16
                                       ? memory::data_type::bf16
                                       : memory::data_type::f32}));
  try {
    return std::make_unique<DnnlLinear>(shape, std::move(prepared), weight,
                                        bias);
  } catch (const dnnl::error& error) {
    return absl::InternalError(
        absl::StrCat("oneDNN cannot pack a weight of ", shape.out_features,
                     " by ", shape.in_features, ": ", error.what()));
  }
}

std::string DescribeBackend() {
  const dnnl_version_t* version = dnnl_version();
  return absl::StrCat("oneDNN ", version->major, ".", version->minor, ".",
                      version->patch, ", ",
                      IsaName(dnnl::get_effective_cpu_isa()));
}

}  // namespace parley::kernels
