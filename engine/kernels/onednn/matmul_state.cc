#include "engine/kernels/onednn/matmul_state.h"

#include <algorithm>

#include "base/log.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/onednn/prepared_matmul.h"

namespace parley::kernels {
namespace {

using dnnl::memory;

// Where the calling thread begins to look: one place after the other.
size_t FirstPlace() {
  static std::atomic<size_t> num_threads = 0;
  thread_local const size_t place =
      num_threads.fetch_add(1, std::memory_order_relaxed);
  return place;
}

}  // namespace

MatmulState::MatmulState(const PreparedMatmul& prepared)
    : in_features_(prepared.shape().in_features),
      out_features_(prepared.shape().out_features),
      stream_(CpuEngine()),
      scratchpad_bytes_(prepared.scratchpad_bytes()),
      scratchpad_(memory::desc({static_cast<int64_t>(scratchpad_bytes_.size())},
                               memory::data_type::u8, memory::format_tag::a),
                  CpuEngine(), scratchpad_bytes_.data()) {
  for (const PreparedMatmul::Primitive& primitive : prepared.primitives()) {
    tiles_.push_back({primitive.num_rows, primitive.matmul.get(),
                      memory(primitive.source, CpuEngine(), nullptr),
                      memory(primitive.result, CpuEngine(), nullptr)});
  }
  const int64_t num_rows = MaxPaddedRows();
  padded_source_ = FloatBuffer(num_rows * in_features_);
  padded_result_ = FloatBuffer::Uninitialized(num_rows * out_features_);
}

void MatmulState::Multiply(const MatmulWeight& weight, const float* x,
                           int64_t num_rows, float* y) {
  const int64_t room = RoundUpRows(num_rows);
  for (int64_t row = 0; row < num_rows;) {
    const Tile& tile = TileFor(num_rows - row);
    const float* tile_x = x + row * in_features_;
    float* tile_y = y + row * out_features_;
    if (row + tile.num_rows <= room) {
      Execute(tile, weight, tile_x, tile_y);
    } else {
      const int64_t tile_rows = std::min(tile.num_rows, num_rows - row);
      std::copy_n(tile_x, tile_rows * in_features_, padded_source_.data());
      Execute(tile, weight, padded_source_.data(), padded_result_.data());
      std::copy_n(padded_result_.data(), tile_rows * out_features_, tile_y);
    }
    row += tile.num_rows;
  }
}

// The smallest tile that holds `num_rows`, else the largest.
const MatmulState::Tile& MatmulState::TileFor(int64_t num_rows) const {
  for (const Tile& tile : tiles_) {
    if (tile.num_rows >= num_rows) return tile;
  }
  return tiles_.back();
}

// The largest tile that can reach beyond a caller's buffers, which have room
// for RoundUpRows: none where every prepared row count is in use.
int64_t MatmulState::MaxPaddedRows() const {
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

void MatmulState::Execute(const Tile& tile, const MatmulWeight& weight,
                          const float* x, float* y) {
  tile.source.set_data_handle(const_cast<float*>(x));
  tile.result.set_data_handle(y);
  // The C interface, which takes the arguments as they are.
  std::array<dnnl_exec_arg_t, 5> arguments = {{
      {DNNL_ARG_SRC, tile.source.get()},
      {DNNL_ARG_WEIGHTS, weight.weight},
      {DNNL_ARG_DST, tile.result.get()},
      {DNNL_ARG_SCRATCHPAD, scratchpad_.get()},
  }};
  int num_arguments = 4;
  if (weight.bias != nullptr) {
    arguments[num_arguments++] = {DNNL_ARG_BIAS, weight.bias};
  }
  const dnnl_status_t executed = dnnl_primitive_execute(
      tile.primitive, stream_.get(), num_arguments, arguments.data());
  PARLEY_CHECK(executed == dnnl_success) << "oneDNN status " << executed;
  PARLEY_CHECK(dnnl_stream_wait(stream_.get()) == dnnl_success);
}

MatmulStatePool::~MatmulStatePool() {
  for (std::atomic<MatmulState*>& place : idle_) delete place.load();
}

std::unique_ptr<MatmulState> MatmulStatePool::Take() {
  const size_t first = FirstPlace();
  for (size_t i = 0; i < kMaxIdle; ++i) {
    std::atomic<MatmulState*>& place = idle_[(first + i) % kMaxIdle];
    // Most places are empty; only reading them is cheap.
    if (place.load(std::memory_order_relaxed) == nullptr) continue;
    // Whoever gave it back is done with it, which acquire makes seen.
    MatmulState* state = place.exchange(nullptr, std::memory_order_acquire);
    if (state != nullptr) return std::unique_ptr<MatmulState>(state);
  }
  try {
    return std::make_unique<MatmulState>(prepared_);
  } catch (const dnnl::error& error) {
    PARLEY_CHECK(false) << "oneDNN cannot make a matmul's memory: "
                        << error.what();
  }
  return nullptr;
}

void MatmulStatePool::GiveBack(std::unique_ptr<MatmulState> state) {
  const size_t first = FirstPlace();
  for (size_t i = 0; i < kMaxIdle; ++i) {
    std::atomic<MatmulState*>& place = idle_[(first + i) % kMaxIdle];
    MatmulState* empty = nullptr;
    if (place.load(std::memory_order_relaxed) == nullptr &&
        place.compare_exchange_strong(empty, state.get(),
                                      std::memory_order_release,
                                      std::memory_order_relaxed)) {
      state.release();
      return;
    }
  }
}

}  // namespace parley::kernels
