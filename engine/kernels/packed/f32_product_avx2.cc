// Products whose sums are f32, with AVX2.
#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/kernels/packed/avx2_results-inl.h"
#include "engine/kernels/packed/product_targets.h"
#include "engine/tensor/tensor.h"
#include "hwy/base.h"

HWY_PUSH_ATTRIBUTES("avx2,fma")
namespace parley::kernels {
namespace {

using avx2::kLanes;
using avx2::kOutputs;
using avx2::kVectors;

constexpr int64_t kChunk = PackedShape::kChunkBytes;

// Rows by one panel that fill the registers; the panel stays in the cache for
// those that follow.
constexpr int kMaxRows = 6;

// Eight weights of an input, and what becomes of their sums. Also of bf16 and
// int16 that were widened to f32 before.
struct F32 {
  static constexpr int kParts = 1;  // Inputs that share a group of a panel.
  static constexpr bool kWidens = false;
  static HWY_INLINE __m256 Part(const std::byte* group, int part) {
    return _mm256_loadu_ps(reinterpret_cast<const float*>(group));
  }
  static HWY_INLINE __m256 Finish(const PackedProduct& product, int64_t first,
                                  __m256 sums) {
    return _mm256_add_ps(sums, _mm256_loadu_ps(product.bias + first));
  }
};

// As F32, then by the scale of each output.
struct ScaledF32 : F32 {
  static HWY_INLINE __m256 Finish(const PackedProduct& product, int64_t first,
                                  __m256 sums) {
    return _mm256_fmadd_ps(
        sums, _mm256_loadu_ps(product.weight->scales.data() + first),
        _mm256_loadu_ps(product.bias + first));
  }
};

// Of numbers that are widened in registers.
struct Int16 : ScaledF32 {
  static constexpr int kParts = 2;
  static HWY_INLINE __m256 Part(const std::byte* group, int part) {
    const __m256i numbers =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(group));
    const __m256i high = part == 0 ? _mm256_slli_epi32(numbers, 16) : numbers;
    return _mm256_cvtepi32_ps(_mm256_srai_epi32(high, 16));
  }
};

struct BF16 : F32 {
  static constexpr int kParts = 2;
  static HWY_INLINE __m256 Part(const std::byte* group, int part) {
    const __m256i numbers =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(group));
    return _mm256_castsi256_ps(
        part == 0 ? _mm256_slli_epi32(numbers, 16)
                  : _mm256_and_si256(numbers, _mm256_set1_epi32(0xFFFF0000)));
  }
};

// And which are left widened for the rows that follow.
template <class Type>
struct Widening : Type {
  static constexpr bool kWidens = true;
};

// What a block multiplies.
struct BlockPlace {
  int64_t row;
  int64_t panel;
  const std::byte* weight;
  int64_t stride;  // In bytes, from one panel to the next.
  float* widened;  // Where Type widens a panel to, if it does.
};

// kRows rows and kPanels panels, in registers over all inputs: each sum takes
// its products in the same order, whatever kRows and kPanels are.
template <class Type, int kRows, int kPanels>
void MultiplyInRegisters(const PackedProduct& product,
                         const BlockPlace& place) {
  const PackedShape& shape = product.weight->shape;
  const int64_t row_floats = shape.padded_in();
  const int64_t num_groups =
      (shape.in_features + Type::kParts - 1) / Type::kParts;
  const float* x =
      reinterpret_cast<const float*>(product.rows) + place.row * row_floats;
  __m256 sums[kRows][kPanels * kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kPanels * kVectors; ++v) {
      sums[r][v] = _mm256_setzero_ps();
    }
  }
  for (int64_t group = 0; group < num_groups; ++group) {
#pragma GCC unroll 2
    for (int part = 0; part < Type::kParts; ++part) {
      const int64_t input = group * Type::kParts + part;
      __m256 factors[kPanels * kVectors];
#pragma GCC unroll 8
      for (int v = 0; v < kPanels * kVectors; ++v) {
        factors[v] =
            Type::Part(place.weight + v / kVectors * place.stride +
                           group * kChunk + v % kVectors * (kChunk / kVectors),
                       part);
        if constexpr (Type::kWidens) {
          _mm256_storeu_ps(place.widened + input * kOutputs + v * kLanes,
                           factors[v]);
        }
      }
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        const __m256 number = _mm256_broadcast_ss(x + r * row_floats + input);
#pragma GCC unroll 8
        for (int v = 0; v < kPanels * kVectors; ++v) {
          sums[r][v] = _mm256_fmadd_ps(number, factors[v], sums[r][v]);
        }
      }
    }
  }
  // Unrolled as well: an array that is indexed at run time lives in memory.
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kPanels * kVectors; ++v) {
      const int64_t first = place.panel * kOutputs + v * kLanes;
      avx2::WriteResults(product, place.row + r, first,
                         Type::Finish(product, first, sums[r][v]));
    }
  }
}

template <class Type>
void MultiplyPanel(const PackedProduct& product, const BlockPlace& place,
                   int64_t num_rows) {
  switch (num_rows) {
    case 1:
      return MultiplyInRegisters<Type, 1, 1>(product, place);
    case 2:
      return MultiplyInRegisters<Type, 2, 1>(product, place);
    case 3:
      return MultiplyInRegisters<Type, 3, 1>(product, place);
    case 4:
      return MultiplyInRegisters<Type, 4, 1>(product, place);
    case 5:
      return MultiplyInRegisters<Type, 5, 1>(product, place);
    default:
      return MultiplyInRegisters<Type, kMaxRows, 1>(product, place);
  }
}

// The calling thread's room for a panel that is widened.
float* ThreadPanel(const PackedShape& shape) {
  thread_local FloatBuffer panel;
  const int64_t num_floats = shape.row_bytes() * PackedShape::kPanelOutputs;
  if (panel.size() < num_floats) {
    panel = FloatBuffer::Uninitialized(num_floats);
  }
  return panel.data();
}

// Stored: panels as they are. First and Next: where several blocks of rows meet
// a panel, the first of them, which may widen it, and the others.
template <class Stored, class First, class Next>
void Multiply(const PackedProduct& product) {
  const PackedShape& shape = product.weight->shape;
  const int64_t num_rows = product.num_rows;
  int64_t panel = product.first_panel;
  const auto place = [&] {
    return BlockPlace{
        .panel = panel,
        .weight = product.weight->panels.data() + panel * shape.panel_bytes(),
        .stride = shape.panel_bytes()};
  };
  // Fewer rows leave registers for more panels, whose sums do not wait for each
  // other.
  const auto run = [&]<int kRows, int kPanels>() {
    for (; panel + kPanels <= product.end_panel; panel += kPanels) {
      MultiplyInRegisters<Stored, kRows, kPanels>(product, place());
    }
  };
  if (num_rows == 1) run.template operator()<1, 4>();
  if (num_rows == 2) run.template operator()<2, 2>();
  if (num_rows == 3) run.template operator()<3, 2>();
  for (; panel < product.end_panel; ++panel) {
    BlockPlace block = place();
    if (num_rows <= kMaxRows) {
      MultiplyPanel<Stored>(product, block, num_rows);
      continue;
    }
    if constexpr (First::kWidens) block.widened = ThreadPanel(shape);
    MultiplyPanel<First>(product, block, kMaxRows);
    if constexpr (First::kWidens) {
      block.weight = reinterpret_cast<const std::byte*>(block.widened);
    }
    for (block.row = kMaxRows; block.row < num_rows; block.row += kMaxRows) {
      MultiplyPanel<Next>(product, block,
                          std::min<int64_t>(kMaxRows, num_rows - block.row));
    }
  }
}

}  // namespace

void F32ProductAvx2(const PackedProduct& product) {
  Multiply<F32, F32, F32>(product);
}

void Int16ProductAvx2(const PackedProduct& product) {
  Multiply<Int16, Widening<Int16>, ScaledF32>(product);
}

void WidenedBF16ProductAvx2(const PackedProduct& product) {
  Multiply<BF16, Widening<BF16>, F32>(product);
}

}  // namespace parley::kernels
HWY_POP_ATTRIBUTES
