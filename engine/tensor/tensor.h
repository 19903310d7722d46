// Views of stored tensors, and memory for numbers.
#ifndef PARLEY_ENGINE_TENSOR_TENSOR_H_
#define PARLEY_ENGINE_TENSOR_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "engine/tensor/dtype.h"

namespace parley {

// Sizes of the dimensions, outermost first; empty for a scalar.
using Shape = std::vector<int64_t>;

// "[512, 2048]".
std::string ShapeToString(absl::Span<const int64_t> shape);

// A read-only tensor in row-major order, owned by someone else (a weight file).
// `data` need not be aligned to its element.
struct TensorView {
  DType dtype = DType::kF32;
  Shape shape;
  absl::Span<const std::byte> data;  // Exactly its elements.

  int64_t num_elements() const;
};

// Floats aligned to 64 bytes, a cache line and an AVX-512 vector. Movable;
// sized once.
class FloatBuffer {
 public:
  FloatBuffer() = default;
  // Set to zero. Rounded up inside to whole cache lines. Ends the process where
  // there is no memory, so sizes that come from outside are checked before.
  explicit FloatBuffer(int64_t num_floats);
  // The moved-from buffer is empty.
  FloatBuffer(FloatBuffer&& other) noexcept
      : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  FloatBuffer& operator=(FloatBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  // The same, not set: the system gives a large one pages as they are touched.
  static FloatBuffer Uninitialized(int64_t num_floats);
  // Not set either, for numbers that stay as long as a model does: smaller
  // buffers share huge pages with each other, and are given back when the last
  // of them is.
  static FloatBuffer ForWeights(int64_t num_floats);

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  int64_t size() const { return size_; }
  absl::Span<float> span() { return {data(), static_cast<size_t>(size_)}; }
  absl::Span<const float> span() const {
    return {data(), static_cast<size_t>(size_)};
  }

 private:
  std::shared_ptr<float> data_;
  int64_t size_ = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TENSOR_TENSOR_H_
