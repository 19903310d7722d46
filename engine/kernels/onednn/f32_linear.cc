#include "engine/kernels/onednn/f32_linear.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "dnnl.hpp"
#include "engine/kernels/onednn/matmul_state.h"
#include "engine/kernels/onednn/prepared_matmul.h"
#include "engine/kernels/team.h"
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
        packed_weight_(std::move(storage)) {}

  // To be called once, before anything else. Throws dnnl::error.
  void Pack(absl::Span<const float> weight, absl::Span<const float> bias) {
    // [out, in] in rows is [in, out] in columns.
    memory plain(memory::desc({shape_.in_features, shape_.out_features},
                              memory::data_type::f32, memory::format_tag::ba),
                 CpuEngine(), const_cast<float*>(weight.data()));
    weight_ =
        memory(prepared_->packed_weight(), CpuEngine(), packed_weight_.data());
    memory packed = weight_;
    dnnl::stream stream(CpuEngine());
    dnnl::reorder(plain, packed).execute(stream, plain, packed);
    if (!bias.empty()) {
      bias_ = memory(prepared_->bias(), CpuEngine());
      std::copy(bias.begin(), bias.end(),
                static_cast<float*>(bias_.get_data_handle()));
    }
    stream.wait();
  }

  using Linear::Run;
  void Run(const float* x, int64_t num_rows, float* y,
           const RowWork& work) const override {
    if (work.before) ForEachRow(num_rows, *work.before);
    Multiply(x, num_rows, y);
    if (work.after) ForEachRow(num_rows, *work.after);
  }

  LinearShape shape() const override { return shape_; }

 private:
  void Multiply(const float* x, int64_t num_rows, float* y) const {
    MatmulStatePool& states = prepared_->states();
    std::unique_ptr<MatmulState> state = states.Take();
    state->Multiply({.weight = weight_.get(), .bias = bias_.get(true)}, x,
                    num_rows, y);
    states.GiveBack(std::move(state));
  }

  const LinearShape shape_;
  const std::shared_ptr<const PreparedMatmul> prepared_;
  FloatBuffer packed_weight_;
  memory weight_;  // Of packed_weight_.
  memory bias_;    // [out_features]; none if there is none.
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
