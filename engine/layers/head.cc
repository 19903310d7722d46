#include "engine/layers/head.h"

#include "base/log.h"

namespace parley {
namespace {

void Grow(int64_t width, FloatBuffer& rows) {
  const int64_t size = kernels::RoundUpRows(HeadScratch::kMaxRows) * width;
  if (rows.size() < size) rows = FloatBuffer(size);
}

}  // namespace

void HeadScratch::MakeRoomFor(const HeadWeights& head) {
  Grow(head.d_model(), input_);
  Grow(head.inner_dim(), inner_);
  Grow(head.width(), output_);
}

void RunHead(const HeadWeights& head, int64_t num_rows, HeadScratch& scratch) {
  PARLEY_CHECK(num_rows <= HeadScratch::kMaxRows) << num_rows;
  const size_t inner_dim = head.inner_dim();
  head.dense->Run(scratch.input(), num_rows, scratch.inner());
  const auto activate = [&](int64_t i) {
    const absl::Span<float> row(scratch.inner() + i * inner_dim, inner_dim);
    kernels::Activate(head.activation, row);
    if (head.norm.has_value()) {
      kernels::LayerNorm(row, head.norm->view(), row);
    }
  };
  head.output->Run(scratch.inner(), num_rows, scratch.output(),
                   {.before = activate});
}

}  // namespace parley
