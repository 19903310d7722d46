#include "engine/kernels/packed/row_rotation.h"

#include <array>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/packed/row_rotation.cc"
#include "hwy/foreach_target.h"  // Must come before highway.h.
#include "hwy/highway.h"

// What is the same on every target.
#ifndef PARLEY_ENGINE_KERNELS_PACKED_ROW_ROTATION_CC_
#define PARLEY_ENGINE_KERNELS_PACKED_ROW_ROTATION_CC_

namespace parley::kernels {

// Numbers so far apart are added and subtracted, in this order.
struct Strides {
  static constexpr int kMost = 5;

  std::array<size_t, kMost> values{};
  int count = 0;
};

// First those that are whole vectors of any instruction set.
inline constexpr size_t kWidest = 16;

inline Strides StridesOf(size_t size) {
  Strides strides;
  const auto add = [&](size_t stride) {
    if (size == 0 || size % (2 * stride) != 0 ||
        strides.count == Strides::kMost) {
      return false;
    }
    strides.values[strides.count++] = stride;
    return true;
  };
  for (size_t stride = kWidest; add(stride); stride *= 2) {
  }
  for (size_t stride = kWidest / 2; stride > 0; stride /= 2) add(stride);
  return strides;
}

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_PACKED_ROW_ROTATION_CC_

HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, kWidest>;
using Vec = hn::Vec<Tag>;

HWY_INLINE void Butterfly(Vec& a, Vec& b) {
  const Vec sum = hn::Add(a, b);
  b = hn::Sub(a, b);
  a = sum;
}

// One stage. REQUIRES: whole vectors fit into the stride.
void RotateByTwo(float* x, size_t n, size_t stride) {
  const Tag d;
  for (size_t block = 0; block < n; block += 2 * stride) {
    for (float* p = x + block; p < x + block + stride; p += hn::Lanes(d)) {
      Vec a = hn::LoadU(d, p);
      Vec b = hn::LoadU(d, p + stride);
      Butterfly(a, b);
      hn::StoreU(a, d, p);
      hn::StoreU(b, d, p + stride);
    }
  }
}

// The stages of a stride and of its double, each number read once for both.
void RotateByFour(float* x, size_t n, size_t stride) {
  const Tag d;
  for (size_t block = 0; block < n; block += 4 * stride) {
    for (float* p = x + block; p < x + block + stride; p += hn::Lanes(d)) {
      Vec a = hn::LoadU(d, p);
      Vec b = hn::LoadU(d, p + stride);
      Vec c = hn::LoadU(d, p + 2 * stride);
      Vec e = hn::LoadU(d, p + 3 * stride);
      Butterfly(a, b);
      Butterfly(c, e);
      Butterfly(a, c);
      Butterfly(b, e);
      hn::StoreU(a, d, p);
      hn::StoreU(b, d, p + stride);
      hn::StoreU(c, d, p + 2 * stride);
      hn::StoreU(e, d, p + 3 * stride);
    }
  }
}

// The vector's numbers, each at the place of that `stride` lanes away.
HWY_INLINE Vec SwapLanes(size_t stride, Vec v) {
#if HWY_TARGET != HWY_SCALAR  // There, every stride is whole vectors.
  const Tag d;
  if (stride == 1) return hn::Reverse2(d, v);
  if (stride == 2) return hn::Shuffle1032(v);
  if (stride == 4) return hn::SwapAdjacentBlocks(v);
  return hn::ConcatLowerUpper(d, v, v);
#else
  return v;
#endif
}

// One stage within vectors. REQUIRES: n is a multiple of kWidest.
void RotateWithin(float* x, size_t n, size_t stride) {
  const Tag d;
  HWY_ALIGN float signs[kWidest];
  for (size_t i = 0; i < kWidest; ++i) {
    signs[i] = (i & stride) == 0 ? 1.0f : -1.0f;
  }
  const Vec sign = hn::Load(d, signs);
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const Vec v = hn::LoadU(d, x + i);
    // The product is exact, so that this rounds as adding and subtracting do.
    hn::StoreU(hn::MulAdd(v, sign, SwapLanes(stride, v)), d, x + i);
  }
}

// One stage of a row that is no multiple of kWidest.
void RotateScalars(float* x, size_t n, size_t stride) {
  for (size_t block = 0; block < n; block += 2 * stride) {
    for (float* p = x + block; p < x + block + stride; ++p) {
      const float sum = p[0] + p[stride];
      p[stride] = p[0] - p[stride];
      p[0] = sum;
    }
  }
}

void Rotate(float* x, size_t n) {
  const Strides strides = StridesOf(n);
  for (int i = 0; i < strides.count; ++i) {
    const size_t stride = strides.values[i];
    if (n % kWidest != 0) {
      RotateScalars(x, n, stride);
    } else if (stride < hn::Lanes(Tag())) {
      RotateWithin(x, n, stride);
    } else if (i + 1 < strides.count && strides.values[i + 1] == 2 * stride) {
      RotateByFour(x, n, stride);
      ++i;
    } else {
      RotateByTwo(x, n, stride);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::kernels {

HWY_EXPORT(Rotate);

void RotateRow(absl::Span<float> x) {
  HWY_DYNAMIC_DISPATCH(Rotate)(x.data(), x.size());
}

void RotateRowBack(absl::Span<float> x) {
  RotateRow(x);
  const float factor =
      1.0f / static_cast<float>(1 << StridesOf(x.size()).count);
  for (float& number : x) number *= factor;
}

}  // namespace parley::kernels
#endif  // HWY_ONCE
