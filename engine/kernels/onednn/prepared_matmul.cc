#include "engine/kernels/onednn/prepared_matmul.h"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "engine/tensor/tensor.h"

namespace parley::kernels {
namespace {

using dnnl::memory;

memory::desc RowMajor(int64_t num_rows, int64_t num_columns) {
  return memory::desc({num_rows, num_columns}, memory::data_type::f32,
                      memory::format_tag::ab);
}

dnnl::matmul::primitive_desc Describe(const MatmulShape& shape,
                                      int64_t num_rows,
                                      const memory::desc& weight) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const memory::desc source = RowMajor(num_rows, shape.in_features);
  const memory::desc result = RowMajor(num_rows, shape.out_features);
  if (!shape.has_bias) {
    return {CpuEngine(), source, weight, result, attributes};
  }
  return {CpuEngine(), source,    weight, RowMajor(1, shape.out_features),
          result,      attributes};
}

// Numbers from -1 to 1, the same for the same `seed` (an xorshift generator).
void FillRandom(uint32_t seed, float* data, int64_t count) {
  uint32_t state = seed;
  for (int64_t i = 0; i < count; ++i) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    data[i] = static_cast<float>(static_cast<int32_t>(state)) * 0x1p-31f;
  }
}

// Multiplies matrices whose rows are all the same: then all rows of all results
// must be, too.
class Probe {
 public:
  explicit Probe(const PreparedMatmul& prepared)
      : shape_(prepared.shape()),
        stream_(CpuEngine()),
        source_(
            FloatBuffer::Uninitialized(kMaxPreparedRows * shape_.in_features)),
        result_(
            FloatBuffer::Uninitialized(kMaxPreparedRows * shape_.out_features)),
        scratchpad_(prepared.scratchpad_bytes()),
        weight_(prepared.packed_weight(), CpuEngine()),
        bias_(shape_.out_features) {
    // Packed or not makes no difference to random numbers.
    FillRandom(1, static_cast<float*>(weight_.get_data_handle()),
               prepared.packed_weight().get_size() / sizeof(float));
    FillRandom(2, bias_.data(), shape_.out_features);
  }

  // The source row that results are computed of from now on.
  void SetRow(uint32_t seed) {
    float* row = source_.data();
    FillRandom(seed, row, shape_.in_features);
    for (int64_t r = 1; r < kMaxPreparedRows; ++r) {
      std::copy_n(row, shape_.in_features, row + r * shape_.in_features);
    }
  }

  // The bytes of the one result that all rows have; none if they differ.
  std::optional<std::string> ResultOf(
      const PreparedMatmul::Primitive& primitive) {
    Execute(primitive);
    const size_t row_bytes = shape_.out_features * sizeof(float);
    const auto* rows = reinterpret_cast<const char*>(result_.data());
    for (int64_t r = 1; r < primitive.num_rows; ++r) {
      if (std::memcmp(rows, rows + r * row_bytes, row_bytes) != 0) return {};
    }
    return std::string(rows, row_bytes);
  }

 private:
  void Execute(const PreparedMatmul::Primitive& primitive) {
    const memory::desc scratchpad({static_cast<int64_t>(scratchpad_.size())},
                                  memory::data_type::u8, memory::format_tag::a);
    std::unordered_map<int, memory> arguments = {
        {DNNL_ARG_SRC, {primitive.source, CpuEngine(), source_.data()}},
        {DNNL_ARG_WEIGHTS, weight_},
        {DNNL_ARG_DST, {primitive.result, CpuEngine(), result_.data()}},
        {DNNL_ARG_SCRATCHPAD, {scratchpad, CpuEngine(), scratchpad_.data()}}};
    if (shape_.has_bias) {
      arguments[DNNL_ARG_BIAS] = {RowMajor(1, shape_.out_features), CpuEngine(),
                                  bias_.data()};
    }
    primitive.matmul.execute(stream_, arguments);
    stream_.wait();
  }

  const MatmulShape shape_;
  dnnl::stream stream_;
  FloatBuffer source_;  // [kMaxPreparedRows, in_features]
  FloatBuffer result_;  // [kMaxPreparedRows, out_features]
  std::vector<char> scratchpad_;
  memory weight_;
  FloatBuffer bias_;  // [out_features]
};

// What primitive i computes of a few rows, in element i; none where that
// depends on a row's place.
std::vector<std::optional<std::string>> ProbeResults(
    const PreparedMatmul& prepared) {
  Probe probe(prepared);
  std::vector<std::optional<std::string>> results(prepared.primitives().size(),
                                                  std::string());
  // Few sums per row show a difference too seldom: then more rows.
  const auto num_probes = static_cast<uint32_t>(
      std::clamp<int64_t>(1024 / prepared.shape().out_features, 1, 64));
  for (uint32_t seed = 3; seed < 3 + num_probes; ++seed) {
    probe.SetRow(seed);
    for (size_t i = 0; i < results.size(); ++i) {
      if (!results[i].has_value()) continue;
      std::optional<std::string> result =
          probe.ResultOf(prepared.primitives()[i]);
      if (result.has_value()) {
        results[i]->append(*result);
      } else {
        results[i].reset();
      }
    }
  }
  return results;
}

}  // namespace

const dnnl::engine& CpuEngine() {
  static const auto& engine = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

PreparedMatmul::PreparedMatmul(const MatmulShape& shape)
    : shape_(shape),
      bias_(RowMajor(1, shape.out_features)),
      scratchpad_bytes_(1),
      states_(*this) {
  constexpr int64_t kPackedForRows = 64;
  const memory::desc any({shape.in_features, shape.out_features},
                         memory::data_type::f32, memory::format_tag::any);
  packed_weight_ = Describe(shape, kPackedForRows, any).weights_desc();
  for (const int64_t num_rows : kPreparedRowCounts) {
    const auto description = Describe(shape, num_rows, packed_weight_);
    scratchpad_bytes_ =
        std::max(scratchpad_bytes_, description.scratchpad_desc().get_size());
    primitives_.push_back({num_rows, dnnl::matmul(description),
                           description.src_desc(), description.dst_desc()});
  }
  KeepAgreeing();
  states_.GiveBack(std::make_unique<MatmulState>(*this));
}

void PreparedMatmul::KeepAgreeing() {
  const std::vector<std::optional<std::string>> results = ProbeResults(*this);
  // Of classes equal in size, the one with the smallest row count. The first
  // primitive always agrees with itself: it has one row.
  size_t majority = 0;
  int64_t majority_size = 0;
  for (size_t i = 0; i < results.size(); ++i) {
    if (!results[i].has_value()) continue;
    const int64_t size = std::count(results.begin(), results.end(), results[i]);
    if (size > majority_size) {
      majority = i;
      majority_size = size;
    }
  }
  std::vector<Primitive> agreeing;
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].has_value() && results[i] == results[majority]) {
      agreeing.push_back(std::move(primitives_[i]));
    }
  }
  primitives_ = std::move(agreeing);
}

absl::StatusOr<std::shared_ptr<const PreparedMatmul>> PreparedMatmul::Get(
    const MatmulShape& shape) {
  // One for each shape and number of threads: how oneDNN divides the work
  // depends on both.
  using Key = std::tuple<int64_t, int64_t, bool, int>;
  static absl::Mutex mutex(absl::kConstInit);
  static auto& shared =
      *new std::map<Key, std::weak_ptr<const PreparedMatmul>>();
  const Key key(shape.in_features, shape.out_features, shape.has_bias,
                omp_get_max_threads());
  absl::MutexLock lock(&mutex);
  std::weak_ptr<const PreparedMatmul>& slot = shared[key];
  if (auto prepared = slot.lock()) return prepared;
  try {
    auto prepared = std::make_shared<const PreparedMatmul>(shape);
    slot = prepared;
    return prepared;
  } catch (const dnnl::error& error) {
    return absl::InternalError(
        absl::StrCat("oneDNN cannot prepare a matmul of ", shape.in_features,
                     " by ", shape.out_features, ": ", error.what()));
  }
}

}  // namespace parley::kernels
