// Packed products with AVX-512: sums stay in registers over all inputs.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "engine/kernels/packed/avx512_sums-inl.h"
#include "engine/kernels/packed/product_targets.h"
#include "engine/tensor/tensor.h"
#include "hwy/base.h"

HWY_PUSH_ATTRIBUTES(PARLEY_AVX512_SETS)
namespace parley::kernels {
namespace {

using avx512::BF16;
using avx512::BF16ByF32;
using avx512::F32;
using avx512::Int16;
using avx512::Int8;
using avx512::kChunk;
using avx512::PanelAt;
using avx512::PanelResults;
using avx512::Panels;
using avx512::ScaledF32;
using avx512::Widening;

// Vectors ahead of the one that is read: with few rows the panels come from
// memory, faster than the processor fetches several streams by itself.
constexpr int64_t kAhead = 32;
constexpr int kMaxRows = 15;
constexpr int kNumRegisters = 32;

// Whether sums of so many rows and panels, and the panels' vectors, leave a
// register for the numbers of a row.
constexpr bool HasRoomForRow(int num_rows, int num_panels) {
  return (num_rows + 1) * num_panels < kNumRegisters;
}

// Rows of a block at most: those that fit the registers. Two panels are also
// multiplied by a row more, whose numbers come from memory each time: that
// fifteen rows take one pass over the weight is worth more than it costs.
template <class Type>
constexpr int MaxRows(int num_panels) {
  if (num_panels == 2 && Type::kAddsFromMemory) return kMaxRows;
  int num_rows = 1;
  while (num_rows < kMaxRows && HasRoomForRow(num_rows + 1, num_panels)) {
    ++num_rows;
  }
  return num_rows;
}

// Bytes that are wanted soon, to be brought into the second-level cache on the
// way: the first rows that meet a panel would have to wait for memory, which
// rests while the others pass.
struct Fetch {
  const std::byte* from;
  int64_t stride;  // By group of inputs; 0: nothing.
};

// Where the next numbers of a block's rows are. Three rows share a register, as
// an address may add the bytes of a row once or twice: with one for each, they
// would be kept in memory.
template <int kRows>
class RowCursor {
 public:
  RowCursor(const std::byte* x, int64_t row_bytes) : row_bytes_(row_bytes) {
#pragma GCC unroll 8
    for (int i = 0; i < kNumBases; ++i) bases_[i] = x + kShare * i * row_bytes;
  }

  HWY_INLINE const std::byte* Of(int row) const {
    return bases_[row / kShare] + row % kShare * row_bytes_;
  }

  HWY_INLINE void Advance() {
#pragma GCC unroll 8
    for (int i = 0; i < kNumBases; ++i) {
      bases_[i] += 4;
      // Or GCC would derive a pointer for each row after all.
      asm("" : "+r"(bases_[i]));
    }
  }

 private:
  static constexpr int kShare = 3;
  static constexpr int kNumBases = (kRows + kShare - 1) / kShare;

  const std::byte* bases_[kNumBases];
  const int64_t row_bytes_;
};

// What a block multiplies.
struct BlockPlace {
  int64_t row;
  int64_t panel;
  Panels panels;
  std::byte* widened;  // Where Type widens them to, if it does.
  Fetch fetch;
};

template <class Type>
int64_t RowBytes(const PackedShape& shape) {
  return shape.padded_in() * Type::kRowNumberBytes;
}

template <class Type>
int64_t NumGroups(const PackedShape& shape) {
  return RowBytes<Type>(shape) / (4 * Type::kParts);
}

// kRows rows and kPanels panels, in registers over all inputs: each sum takes
// its products in the same order, whatever kRows and kPanels are.
//
// Every loop over the sums is unrolled: GCC keeps an array in memory where one
// is not.
template <class Type, int kRows, int kPanels>
void MultiplyInRegisters(const PackedProduct& product,
                         const BlockPlace& place) {
  const auto [row, panel, panels, widened, fetch] = place;
  const int64_t x_bytes = RowBytes<Type>(product.weight->shape);
  const int64_t num_groups = NumGroups<Type>(product.weight->shape);
  RowCursor<kRows> x(product.rows + row * x_bytes, x_bytes);
  typename Type::Sums sums[kRows][kPanels];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) sums[r][p] = Type::Zero();
  }
  for (int64_t group = 0; group < num_groups; ++group) {
    const std::byte* at = panels.at + group * kChunk;
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
      _mm_prefetch(at + p * panels.stride + kAhead * kChunk, _MM_HINT_T0);
    }
    if (fetch.stride != 0) {
      _mm_prefetch(fetch.from + group * fetch.stride, _MM_HINT_T1);
    }
#pragma GCC unroll 2
    for (int part = 0; part < Type::kParts; ++part) {
      __m512i factors[kPanels];
#pragma GCC unroll 4
      for (int p = 0; p < kPanels; ++p) {
        factors[p] = Type::Part(at + p * panels.stride, part);
        if constexpr (Type::kWidens) {
          _mm512_store_si512(
              widened +
                  ((p * num_groups + group) * Type::kParts + part) * kChunk,
              factors[p]);
        }
      }
#pragma GCC unroll 16
      for (int r = 0; r < kRows; ++r) {
        int32_t numbers;
        std::memcpy(&numbers, x.Of(r), sizeof(numbers));
        [[maybe_unused]] const __m512i broadcast = _mm512_set1_epi32(numbers);
#pragma GCC unroll 4
        for (int p = 0; p < kPanels; ++p) {
          if constexpr (HasRoomForRow(kRows, kPanels)) {
            sums[r][p] = Type::Add(sums[r][p], broadcast, factors[p]);
          } else {
            sums[r][p] = Type::AddFromMemory(
                sums[r][p], *reinterpret_cast<const int32_t*>(x.Of(r)),
                factors[p]);
          }
        }
      }
      x.Advance();
    }
  }
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) {
    const typename Type::Epilogue epilogue(product, panel + p);
    const PanelResults results(product, panel + p, row);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      results.Write(r, epilogue.Finish(sums[r][p], row + r));
    }
  }
}

using Block = void (*)(const PackedProduct& product, const BlockPlace& place);
using Blocks = std::array<Block, kMaxRows>;  // By the number of rows, from 1.

template <class Type, int kPanels, int... kIndex>
constexpr Blocks BlocksOf(std::integer_sequence<int, kIndex...>) {
  return {&MultiplyInRegisters<Type, kIndex + 1, kPanels>...};
}
template <class Type, int kPanels>
constexpr Blocks kBlocksOf = BlocksOf<Type, kPanels>(
    std::make_integer_sequence<int, MaxRows<Type>(kPanels)>());
template <class Type>
constexpr Blocks kBlocks[] = {kBlocksOf<Type, 1>, kBlocksOf<Type, 2>,
                              kBlocksOf<Type, 3>, kBlocksOf<Type, 4>};

// How many panels are multiplied at a time with so many rows: those that leave
// the fewest passes over the weight, and of those the most.
template <class Type>
int PanelsFor(int64_t num_rows) {
  for (const int num_panels : {4, 3, 2, 1}) {
    if (num_rows <= MaxRows<Type>(num_panels)) return num_panels;
  }
  return num_rows <= 2 * MaxRows<Type>(2) ? 2 : 3;
}

// What block `index` of `num_blocks` of rows fetches: its part of the panels
// that follow the `num_panels` being multiplied, be they this product's or not.
// One block does not: it reads at the rate of memory all the time, and to fetch
// more slows it down.
template <class Type>
Fetch FetchOf(const PackedProduct& product, int64_t next_panel, int num_panels,
              int64_t index, int64_t num_blocks) {
  const PackedShape& shape = product.weight->shape;
  const int64_t panels_left = shape.num_panels() - next_panel;
  const int64_t part = std::min<int64_t>(num_panels, panels_left) *
                       shape.panel_bytes() / num_blocks;
  if (part == 0 || num_blocks == 1) return {product.rows, 0};
  return {PanelAt(product, next_panel) + index * part,
          std::min<int64_t>(kChunk, part / NumGroups<Type>(shape))};
}

// The calling thread's room for panels that are widened.
std::byte* ThreadPanels(int64_t num_bytes) {
  thread_local FloatBuffer panels;
  const int64_t num_floats = num_bytes / int64_t{sizeof(float)};
  if (panels.size() < num_floats) {
    panels = FloatBuffer::Uninitialized(num_floats);
  }
  return reinterpret_cast<std::byte*>(panels.data());
}

// Blocks of rows by First, and those that follow by Next, for which First may
// have widened the panels.
template <class First, class Next>
void MultiplyAvx512(const PackedProduct& product) {
  static_assert(MaxRows<First>(2) <= MaxRows<Next>(2));
  const int64_t num_rows = product.num_rows;
  const int usual_panels = PanelsFor<First>(num_rows);
  const int64_t max_rows = MaxRows<First>(usual_panels);
  const int64_t num_blocks = (num_rows + max_rows - 1) / max_rows;
  const int64_t widened_stride =
      NumGroups<Next>(product.weight->shape) * kChunk;
  std::byte* const widened =
      First::kWidens ? ThreadPanels(usual_panels * widened_stride) : nullptr;
  for (int64_t panel = product.first_panel; panel < product.end_panel;) {
    const auto num_panels = static_cast<int>(
        std::min<int64_t>(usual_panels, product.end_panel - panel));
    const Panels stored = {PanelAt(product, panel),
                           product.weight->shape.panel_bytes()};
    const Panels next =
        First::kWidens ? Panels{widened, widened_stride} : stored;
    // Of about one height: a low one would waste registers.
    for (int64_t i = 0; i < num_blocks; ++i) {
      const int64_t row = num_rows * i / num_blocks;
      const int64_t end = num_rows * (i + 1) / num_blocks;
      const Blocks& blocks =
          (i == 0 ? kBlocks<First> : kBlocks<Next>)[num_panels - 1];
      blocks[end - row - 1](
          product, {row, panel, i == 0 ? stored : next, widened,
                    FetchOf<Next>(product, panel + num_panels, num_panels, i,
                                  num_blocks)});
    }
    panel += num_panels;
  }
}

template <class Type>
void MultiplyAvx512(const PackedProduct& product) {
  MultiplyAvx512<Type, Type>(product);
}

// Type widens in registers: with one block of rows each time, with more of them
// once, for all that multiply by what is Widened.
template <class Type, class Widened>
void MultiplyWidened(const PackedProduct& product) {
  if (product.num_rows <= MaxRows<Type>(2)) {
    MultiplyAvx512<Type>(product);
  } else {
    MultiplyAvx512<Widening<Type>, Widened>(product);
  }
}

}  // namespace

void Int8ProductAvx512Vnni(const PackedProduct& product) {
  MultiplyAvx512<Int8>(product);
}

void BF16ProductAvx512(const PackedProduct& product) {
  MultiplyAvx512<BF16>(product);
}

void F32ProductAvx512(const PackedProduct& product) {
  MultiplyAvx512<F32>(product);
}

void Int16ProductAvx512(const PackedProduct& product) {
  MultiplyWidened<Int16, ScaledF32>(product);
}

void WidenedBF16ProductAvx512(const PackedProduct& product) {
  MultiplyWidened<BF16ByF32, F32>(product);
}

}  // namespace parley::kernels
HWY_POP_ATTRIBUTES
