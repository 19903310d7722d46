#include "engine/kernels/packed/row_rotation.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/log.h"

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

// A row and where it goes: the same place, or another.
struct Row {
  const float* from;
  float* to;
  size_t size;
};

// The stages of a stride, its double and so on, each number read once for all
// of them. REQUIRES: whole vectors fit into the stride.
template <int kStages>
void RotateAcross(const Row& row, size_t stride) {
  constexpr size_t kVectors = size_t{1} << kStages;
  const Tag d;
  for (size_t block = 0; block < row.size; block += kVectors * stride) {
    for (size_t i = block; i < block + stride; i += hn::Lanes(d)) {
      Vec v[kVectors];
#pragma GCC unroll 8
      for (size_t k = 0; k < kVectors; ++k) {
        v[k] = hn::LoadU(d, row.from + i + k * stride);
      }
#pragma GCC unroll 3
      for (size_t half = 1; half < kVectors; half *= 2) {
#pragma GCC unroll 8
        for (size_t k = 0; k < kVectors; ++k) {
          if ((k & half) == 0) Butterfly(v[k], v[k | half]);
        }
      }
#pragma GCC unroll 8
      for (size_t k = 0; k < kVectors; ++k) {
        hn::StoreU(v[k], d, row.to + i + k * stride);
      }
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

// 1 for the first of two lanes that are `stride` apart, -1 for the second.
HWY_INLINE Vec SignsOf(size_t stride) {
  HWY_ALIGN float signs[kWidest];
  for (size_t i = 0; i < kWidest; ++i) {
    signs[i] = (i & stride) == 0 ? 1.0f : -1.0f;
  }
  return hn::Load(Tag(), signs);
}

// The stages of strides within a vector. REQUIRES: a multiple of kWidest.
template <int kStages>
void RotateWithin(const Row& row, const size_t* strides) {
  const Tag d;
  const Vec first = SignsOf(strides[0]);
  const Vec second = SignsOf(strides[kStages - 1]);
  for (size_t i = 0; i < row.size; i += hn::Lanes(d)) {
    Vec v = hn::LoadU(d, row.from + i);
    // The product is exact, so that this rounds as adding and subtracting do.
    v = hn::MulAdd(v, first, SwapLanes(strides[0], v));
    if constexpr (kStages == 2) {
      v = hn::MulAdd(v, second, SwapLanes(strides[1], v));
    }
    hn::StoreU(v, d, row.to + i);
  }
}

// One stage of a row that is no multiple of kWidest.
void RotateScalars(const Row& row, size_t stride) {
  for (size_t block = 0; block < row.size; block += 2 * stride) {
    for (size_t i = block; i < block + stride; ++i) {
      const float a = row.from[i], b = row.from[i + stride];
      row.to[i] = a + b;
      row.to[i + stride] = a - b;
    }
  }
}

// The first of these stages, and as many more as go through the row with it;
// returns how many.
int RotateOnce(const Row& row, const size_t* strides, int count) {
  if (row.size % kWidest != 0) {
    RotateScalars(row, strides[0]);
    return 1;
  }
  if (strides[0] < hn::Lanes(Tag())) {
    if (count == 1) {
      RotateWithin<1>(row, strides);
      return 1;
    }
    RotateWithin<2>(row, strides);
    return 2;
  }
  int num_stages = 1;
  while (num_stages < std::min(count, 3) &&
         strides[num_stages] == strides[0] << num_stages) {
    ++num_stages;
  }
  switch (num_stages) {
    case 1:
      RotateAcross<1>(row, strides[0]);
      break;
    case 2:
      RotateAcross<2>(row, strides[0]);
      break;
    default:
      RotateAcross<3>(row, strides[0]);
  }
  return num_stages;
}

void Rotate(const float* x, size_t n, float* y) {
  const Strides strides = StridesOf(n);
  if (strides.count == 0) std::copy_n(x, x == y ? 0 : n, y);
  for (int done = 0; done < strides.count;) {
    done += RotateOnce({x, y, n}, strides.values.data() + done,
                       strides.count - done);
    x = y;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::kernels {

HWY_EXPORT(Rotate);

void RotateRow(absl::Span<const float> x, absl::Span<float> y) {
  PARLEY_CHECK(x.size() == y.size()) << x.size() << " to " << y.size();
  HWY_DYNAMIC_DISPATCH(Rotate)(x.data(), x.size(), y.data());
}

void RotateRowBack(absl::Span<float> x) {
  RotateRow(x, x);
  const float factor =
      1.0f / static_cast<float>(1 << StridesOf(x.size()).count);
  for (float& number : x) number *= factor;
}

}  // namespace parley::kernels
#endif  // HWY_ONCE
