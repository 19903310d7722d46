#include "engine/tensor/tensor.h"

#include <sys/mman.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/log.h"

namespace parley {
namespace {

constexpr size_t kLineBytes = 64;
constexpr size_t kFloatsPerLine = kLineBytes / sizeof(float);
// What one entry of the address translation covers at most on x86-64 where the
// system is asked for it; on pages of 4 kB, a pass over weights that do not fit
// the caches spends much of its time on translation.
constexpr size_t kHugePageBytes = size_t{2} << 20;

void* Allocate(size_t num_bytes) {
  if (num_bytes < kHugePageBytes) {
    return std::aligned_alloc(kLineBytes, num_bytes);
  }
  void* data = nullptr;
  if (posix_memalign(&data, kHugePageBytes, num_bytes) != 0) return nullptr;
  // A system without huge pages refuses; that costs speed only.
  madvise(data, num_bytes, MADV_HUGEPAGE);
  return data;
}

}  // namespace

std::string ShapeToString(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

int64_t TensorView::num_elements() const {
  return static_cast<int64_t>(data.size() / DTypeBytes(dtype));
}

FloatBuffer FloatBuffer::Uninitialized(int64_t num_floats) {
  PARLEY_CHECK(num_floats >= 0) << num_floats;
  FloatBuffer buffer;
  buffer.size_ = num_floats;
  const size_t num_lines =
      (static_cast<size_t>(num_floats) + kFloatsPerLine - 1) / kFloatsPerLine;
  if (num_lines == 0) return buffer;
  buffer.data_.reset(static_cast<float*>(Allocate(num_lines * kLineBytes)));
  PARLEY_CHECK(buffer.data_ != nullptr)
      << "no memory for " << num_floats << " floats";
  return buffer;
}

FloatBuffer::FloatBuffer(int64_t num_floats)
    : FloatBuffer(Uninitialized(num_floats)) {
  std::fill_n(data(), num_floats, 0.0f);
}

}  // namespace parley
