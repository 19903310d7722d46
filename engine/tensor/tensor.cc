#include "engine/tensor/tensor.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/log.h"

namespace parley {
namespace {

constexpr size_t kAlignmentBytes = 64;

}  // namespace

std::string ShapeToString(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

int64_t TensorView::num_elements() const {
  return static_cast<int64_t>(data.size() / DTypeBytes(dtype));
}

FloatBuffer::FloatBuffer(int64_t num_floats) : size_(num_floats) {
  PARLEY_CHECK(num_floats >= 0) << num_floats;
  size_t num_bytes = static_cast<size_t>(num_floats) * sizeof(float);
  num_bytes = (num_bytes + kAlignmentBytes - 1) / kAlignmentBytes *
              kAlignmentBytes;
  if (num_bytes == 0) return;
  data_.reset(
      static_cast<float*>(std::aligned_alloc(kAlignmentBytes, num_bytes)));
  PARLEY_CHECK(data_ != nullptr) << "no memory for " << num_bytes << " bytes";
  std::memset(data_.get(), 0, num_bytes);
}

}  // namespace parley
