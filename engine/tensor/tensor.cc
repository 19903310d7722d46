#include "engine/tensor/tensor.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "base/log.h"

namespace parley {
namespace {

constexpr size_t kLineBytes = 64;
constexpr size_t kFloatsPerLine = kLineBytes / sizeof(float);
// What one entry of the address translation covers at most on x86-64 where the
// system is asked for it; on pages of 4 kB, a pass over weights that do not fit
// the caches spends much of its time on translation.
constexpr size_t kHugePageBytes = size_t{2} << 20;

std::shared_ptr<float> Allocate(size_t num_bytes) {
  void* data = nullptr;
  if (num_bytes < kHugePageBytes) {
    data = std::aligned_alloc(kLineBytes, num_bytes);
  } else if (posix_memalign(&data, kHugePageBytes, num_bytes) == 0) {
    // A system without huge pages refuses; that costs speed only.
    madvise(data, num_bytes, MADV_HUGEPAGE);
  }
  PARLEY_CHECK(data != nullptr) << "no memory for " << num_bytes << " bytes";
  return std::shared_ptr<float>(static_cast<float*>(data), std::free);
}

// Memory that weights are cut from, one after the other.
class WeightChunk {
 public:
  static constexpr size_t kBytes = 8 * kHugePageBytes;

  std::shared_ptr<float> Cut(size_t num_bytes) {
    absl::MutexLock lock(&mutex_);
    std::shared_ptr<float> chunk = chunk_.lock();
    if (chunk == nullptr || used_bytes_ + num_bytes > kBytes) {
      chunk = Allocate(kBytes);
      chunk_ = chunk;
      used_bytes_ = 0;
    }
    float* data = chunk.get() + used_bytes_ / sizeof(float);
    used_bytes_ += num_bytes;
    return std::shared_ptr<float>(std::move(chunk), data);
  }

 private:
  absl::Mutex mutex_;
  std::weak_ptr<float> chunk_ ABSL_GUARDED_BY(mutex_);
  size_t used_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A buffer's bytes: whole cache lines.
size_t LineBytes(int64_t num_floats) {
  PARLEY_CHECK(num_floats >= 0) << num_floats;
  return (static_cast<size_t>(num_floats) + kFloatsPerLine - 1) /
         kFloatsPerLine * kLineBytes;
}

}  // namespace

std::string ShapeToString(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

int64_t TensorView::num_elements() const {
  return static_cast<int64_t>(data.size() / DTypeBytes(dtype));
}

FloatBuffer FloatBuffer::Uninitialized(int64_t num_floats) {
  FloatBuffer buffer;
  buffer.size_ = num_floats;
  const size_t num_bytes = LineBytes(num_floats);
  if (num_bytes > 0) buffer.data_ = Allocate(num_bytes);
  return buffer;
}

FloatBuffer FloatBuffer::ForWeights(int64_t num_floats) {
  static auto& chunk = *new WeightChunk();
  const size_t num_bytes = LineBytes(num_floats);
  if (num_bytes == 0 || num_bytes > WeightChunk::kBytes / 4) {
    return Uninitialized(num_floats);
  }
  FloatBuffer buffer;
  buffer.size_ = num_floats;
  buffer.data_ = chunk.Cut(num_bytes);
  return buffer;
}

FloatBuffer::FloatBuffer(int64_t num_floats)
    : FloatBuffer(Uninitialized(num_floats)) {
  std::fill_n(data(), num_floats, 0.0f);
}

}  // namespace parley
