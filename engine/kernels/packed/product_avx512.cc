// Packed products with AVX-512 and AMX: sums stay in registers over all inputs.
// AMX (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1,
// chapter 18) takes a tile of the weight as it is packed: 16 groups of inputs,
// 16 outputs each.
// GCC 12 warns of its own intrinsics (GCC bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "engine/kernels/packed/product_targets.h"
#include "hwy/base.h"

HWY_PUSH_ATTRIBUTES(
    "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,"
    "amx-tile,amx-int8,amx-bf16,fma,avx2")
namespace parley::kernels {
namespace {

constexpr int kOutputs = PackedShape::kPanelOutputs;
constexpr int64_t kChunk = PackedShape::kChunkBytes;

// How the sums of a type are made, and how they become floats.
struct Int8 {
  using Sums = __m512i;
  static HWY_INLINE Sums Zero() { return _mm512_setzero_si512(); }
  static HWY_INLINE Sums Add(Sums sums, __m512i row, __m512i panel) {
    // As _mm512_dpbusd_epi32, whose sums GCC 12 moves about and spills.
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(row), "v"(panel));
    return sums;
  }
  static HWY_INLINE Sums Load(const void* tile) {
    return _mm512_load_si512(tile);
  }

  // Of one panel.
  struct Epilogue {
    Epilogue(const PackedProduct& product, int64_t panel)
        : ranges(product.ranges),
          scales(_mm512_loadu_ps(product.weight->scales.data() +
                                 panel * kOutputs)),
          totals(_mm512_loadu_si512(product.weight->sums.data() +
                                    panel * kOutputs)),
          bias(_mm512_loadu_ps(product.bias + panel * kOutputs)) {}

    HWY_INLINE __m512 Finish(Sums sums, int64_t row) const {
      const RowRange range = ranges[row];
      const __m512i shifted = _mm512_sub_epi32(
          sums, _mm512_mullo_epi32(totals, _mm512_set1_epi32(range.zero)));
      const __m512 scale = _mm512_mul_ps(scales, _mm512_set1_ps(range.scale));
      return _mm512_fmadd_ps(_mm512_cvtepi32_ps(shifted), scale, bias);
    }

    const RowRange* ranges;
    __m512 scales;
    __m512i totals;
    __m512 bias;
  };
};

// Of sums that are floats already.
struct FloatSums {
  using Sums = __m512;
  static HWY_INLINE Sums Zero() { return _mm512_setzero_ps(); }
  static HWY_INLINE Sums Load(const void* tile) { return _mm512_load_ps(tile); }

  struct Epilogue {
    Epilogue(const PackedProduct& product, int64_t panel)
        : bias(_mm512_loadu_ps(product.bias + panel * kOutputs)) {}
    HWY_INLINE __m512 Finish(Sums sums, int64_t row) const {
      return _mm512_add_ps(sums, bias);
    }
    __m512 bias;
  };
};

struct BF16 : FloatSums {
  static HWY_INLINE Sums Add(Sums sums, __m512i row, __m512i panel) {
    return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(row),
                            reinterpret_cast<__m512bh>(panel));
  }
};

struct F32 : FloatSums {
  static HWY_INLINE Sums Add(Sums sums, __m512i row, __m512i panel) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(row), _mm512_castsi512_ps(panel),
                           sums);
  }
};

// The sums of up to 16 rows and one panel, [16, 16] of 32 bits.
struct alignas(64) SumTile {
  std::byte bytes[16 * kChunk];
};

// Where the results of a panel go, from row `row` on.
class PanelResults {
 public:
  PanelResults(const PackedProduct& product, int64_t panel, int64_t row)
      : y_(product.y + row * product.y_stride +
           (panel - product.first_panel) * kOutputs),
        stride_(product.y_stride) {
    const int64_t num_outputs = std::min<int64_t>(
        kOutputs, product.weight->shape.out_features - panel * kOutputs);
    mask_ = static_cast<__mmask16>((1u << num_outputs) - 1);
  }

  HWY_INLINE void Write(int r, __m512 results) const {
    _mm512_mask_storeu_ps(y_ + r * stride_, mask_, results);
  }

 private:
  float* const y_;
  const int64_t stride_;
  __mmask16 mask_;
};

// Writes the first `num_rows` rows of a tile of sums, whose first row is
// product row `first_row`.
template <class Type>
HWY_INLINE void WriteTile(const PackedProduct& product, int64_t panel,
                          int64_t first_row, int num_rows,
                          const SumTile& tile) {
  const typename Type::Epilogue epilogue(product, panel);
  const PanelResults results(product, panel, first_row);
  for (int r = 0; r < num_rows; ++r) {
    results.Write(
        r, epilogue.Finish(Type::Load(tile.bytes + r * kChunk), first_row + r));
  }
}

const std::byte* PanelAt(const PackedProduct& product, int64_t panel) {
  return product.weight->panels.data() +
         panel * product.weight->shape.panel_bytes();
}

// Vectors ahead of the one that is read: with few rows the panels come from
// memory, faster than the processor fetches several streams by itself.
constexpr int64_t kAhead = 32;
constexpr int kMaxRows = 14;

// Rows that fit the registers with their sums of so many panels, beside the
// panels' vectors and the numbers of a row.
constexpr int MaxRows(int num_panels) {
  return std::min(kMaxRows, (32 - 1 - num_panels) / num_panels);
}

// Bytes that are wanted soon, to be brought into the second-level cache on the
// way: the first rows that meet a panel would have to wait for memory, which
// rests while the others pass.
struct Fetch {
  const std::byte* from;
  int64_t stride;  // By group of inputs.
};

// What a block multiplies.
struct BlockPlace {
  int64_t row;
  int64_t panel;
  Fetch fetch;
};

// kRows rows and kPanels panels, in registers over all inputs: each sum takes
// its products in the same order, whatever kRows and kPanels are.
//
// Every loop over the sums is unrolled: GCC keeps an array in memory where one
// is not.
template <class Type, int kRows, int kPanels>
void MultiplyInRegisters(const PackedProduct& product,
                         const BlockPlace& place) {
  const auto [row, panel, fetch] = place;
  const int64_t row_bytes = product.weight->shape.row_bytes();
  const int64_t panel_bytes = product.weight->shape.panel_bytes();
  const std::byte* x = product.rows + row * row_bytes;
  const std::byte* weight = PanelAt(product, panel);
  typename Type::Sums sums[kRows][kPanels];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) sums[r][p] = Type::Zero();
  }
  for (int64_t group = 0; group < row_bytes / 4; ++group) {
    __m512i factors[kPanels];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
      const std::byte* at = weight + p * panel_bytes + group * kChunk;
      factors[p] = _mm512_loadu_si512(at);
      _mm_prefetch(at + kAhead * kChunk, _MM_HINT_T0);
    }
    _mm_prefetch(fetch.from + group * fetch.stride, _MM_HINT_T1);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      int32_t numbers;
      std::memcpy(&numbers, x + r * row_bytes + group * 4, sizeof(numbers));
      const __m512i broadcast = _mm512_set1_epi32(numbers);
#pragma GCC unroll 4
      for (int p = 0; p < kPanels; ++p) {
        sums[r][p] = Type::Add(sums[r][p], broadcast, factors[p]);
      }
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
    std::make_integer_sequence<int, MaxRows(kPanels)>());
template <class Type>
constexpr Blocks kBlocks[] = {kBlocksOf<Type, 1>, kBlocksOf<Type, 2>,
                              kBlocksOf<Type, 3>, kBlocksOf<Type, 4>};

// How many panels are multiplied at a time with so many rows: those that leave
// the fewest passes over the weight, and of those the most.
int PanelsFor(int64_t num_rows) {
  if (num_rows <= MaxRows(4)) return 4;
  if (num_rows <= MaxRows(3)) return 3;
  if (num_rows <= 2 * MaxRows(2)) return 2;
  return 3;
}

// What block `index` of `num_blocks` of rows fetches: its part of the panels
// that follow the `num_panels` being multiplied, be they this product's or not.
Fetch FetchOf(const PackedProduct& product, int64_t next_panel, int num_panels,
              int64_t index, int64_t num_blocks) {
  const PackedShape& shape = product.weight->shape;
  const int64_t panels_left = shape.num_panels() - next_panel;
  const int64_t part = std::min<int64_t>(num_panels, panels_left) *
                       shape.panel_bytes() / num_blocks;
  if (part == 0) return {product.rows, 0};
  return {PanelAt(product, next_panel) + index * part,
          std::min<int64_t>(kChunk, part * 4 / shape.row_bytes())};
}

template <class Type>
void MultiplyAvx512(const PackedProduct& product) {
  const int64_t num_rows = product.num_rows;
  const int usual_panels = PanelsFor(num_rows);
  const int64_t max_rows = MaxRows(usual_panels);
  const int64_t num_blocks = (num_rows + max_rows - 1) / max_rows;
  for (int64_t panel = product.first_panel; panel < product.end_panel;) {
    const auto num_panels = static_cast<int>(
        std::min<int64_t>(usual_panels, product.end_panel - panel));
    // Of about one height: a low one would waste registers.
    for (int64_t i = 0; i < num_blocks; ++i) {
      const int64_t row = num_rows * i / num_blocks;
      const int64_t end = num_rows * (i + 1) / num_blocks;
      kBlocks<Type>[num_panels - 1][end - row - 1](
          product,
          {row, panel,
           FetchOf(product, panel + num_panels, num_panels, i, num_blocks)});
    }
    panel += num_panels;
  }
}

// Calls body(begin, end) for runs of panels that stay in the second-level cache
// while all rows pass.
template <class Body>
void ForCachedPanels(const PackedProduct& product, const Body& body) {
  constexpr int64_t kCachedBytes = 256 << 10;
  const int64_t run = std::max<int64_t>(
      4, kCachedBytes / product.weight->shape.panel_bytes() / 4 * 4);
  for (int64_t begin = product.first_panel; begin < product.end_panel;
       begin += run) {
    body(begin, std::min(begin + run, product.end_panel));
  }
}

// Tile registers: 0 to 3 hold sums (two tiles of rows by two panels), 4 and 5
// rows of x, 6 and 7 the weight.
void ConfigureTiles(int rows0, int rows1) {
  struct alignas(64) {
    uint8_t palette = 1;
    uint8_t start_row = 0;
    uint8_t reserved[14] = {};
    uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  } config;
  static_assert(sizeof(config) == 64);
  config.rows[0] = config.rows[1] = config.rows[4] =
      static_cast<uint8_t>(rows0);
  config.rows[2] = config.rows[3] = config.rows[5] =
      static_cast<uint8_t>(std::max(1, rows1));
  // The intrinsic tells the compiler of the first bytes only.
  asm volatile("" : : "r"(&config) : "memory");
  _tile_loadconfig(&config);
}

struct Int8Tiles : Int8 {
  // Register numbers are parts of the instructions.
  static HWY_INLINE void Add00() { _tile_dpbusd(0, 4, 6); }
  static HWY_INLINE void Add01() { _tile_dpbusd(1, 4, 7); }
  static HWY_INLINE void Add10() { _tile_dpbusd(2, 5, 6); }
  static HWY_INLINE void Add11() { _tile_dpbusd(3, 5, 7); }
};

struct BF16Tiles : BF16 {
  static HWY_INLINE void Add00() { _tile_dpbf16ps(0, 4, 6); }
  static HWY_INLINE void Add01() { _tile_dpbf16ps(1, 4, 7); }
  static HWY_INLINE void Add10() { _tile_dpbf16ps(2, 5, 6); }
  static HWY_INLINE void Add11() { _tile_dpbf16ps(3, 5, 7); }
};

// Up to 32 rows from `row` and one or two panels.
template <class Tiles, bool kTwoRowTiles, bool kTwoPanels>
void MultiplyInTiles(const PackedProduct& product, int64_t row, int num_rows,
                     int64_t panel) {
  const int64_t row_bytes = product.weight->shape.row_bytes();
  const std::byte* x0 = product.rows + row * row_bytes;
  const std::byte* x1 = x0 + 16 * row_bytes;
  const std::byte* weight0 = PanelAt(product, panel);
  const std::byte* weight1 = weight0 + product.weight->shape.panel_bytes();
  _tile_zero(0);
  if constexpr (kTwoPanels) _tile_zero(1);
  if constexpr (kTwoRowTiles) _tile_zero(2);
  if constexpr (kTwoRowTiles && kTwoPanels) _tile_zero(3);
  for (int64_t at = 0; at < row_bytes; at += kChunk) {
    _tile_loadd(4, x0 + at, row_bytes);
    _tile_loadd(6, weight0 + at * kOutputs, kChunk);
    Tiles::Add00();
    if constexpr (kTwoPanels) {
      _tile_loadd(7, weight1 + at * kOutputs, kChunk);
      Tiles::Add01();
    }
    if constexpr (kTwoRowTiles) {
      _tile_loadd(5, x1 + at, row_bytes);
      Tiles::Add10();
      if constexpr (kTwoPanels) Tiles::Add11();
    }
  }
  SumTile tile;
  const int rows0 = std::min(16, num_rows);
  _tile_stored(0, tile.bytes, kChunk);
  WriteTile<Tiles>(product, panel, row, rows0, tile);
  if constexpr (kTwoPanels) {
    _tile_stored(1, tile.bytes, kChunk);
    WriteTile<Tiles>(product, panel + 1, row, rows0, tile);
  }
  if constexpr (kTwoRowTiles) {
    _tile_stored(2, tile.bytes, kChunk);
    WriteTile<Tiles>(product, panel, row + 16, num_rows - 16, tile);
    if constexpr (kTwoPanels) {
      _tile_stored(3, tile.bytes, kChunk);
      WriteTile<Tiles>(product, panel + 1, row + 16, num_rows - 16, tile);
    }
  }
}

template <class Tiles, bool kTwoRowTiles>
void MultiplyPanelsInTiles(const PackedProduct& product, int64_t row,
                           int num_rows, int64_t panel, int64_t end_panel) {
  for (; panel + 2 <= end_panel; panel += 2) {
    MultiplyInTiles<Tiles, kTwoRowTiles, true>(product, row, num_rows, panel);
  }
  if (panel < end_panel) {
    MultiplyInTiles<Tiles, kTwoRowTiles, false>(product, row, num_rows, panel);
  }
}

template <class Tiles>
void MultiplyAmx(const PackedProduct& product) {
  constexpr int64_t kTileRows = 32;
  int configured = 0;
  ForCachedPanels(product, [&](int64_t panel, int64_t end) {
    for (int64_t row = 0; row < product.num_rows; row += kTileRows) {
      const auto num_rows =
          static_cast<int>(std::min(kTileRows, product.num_rows - row));
      if (num_rows != configured) {
        ConfigureTiles(std::min(16, num_rows), num_rows - 16);
        configured = num_rows;
      }
      if (num_rows > 16) {
        MultiplyPanelsInTiles<Tiles, true>(product, row, num_rows, panel, end);
      } else {
        MultiplyPanelsInTiles<Tiles, false>(product, row, num_rows, panel, end);
      }
    }
  });
  _tile_release();
}

}  // namespace

void Int8ProductAmx(const PackedProduct& product) {
  // A tile costs as much however few rows it holds.
  constexpr int64_t kMinTileRows = 12;
  if (product.num_rows < kMinTileRows) {
    MultiplyAvx512<Int8>(product);
  } else {
    MultiplyAmx<Int8Tiles>(product);
  }
}

void BF16ProductAmx(const PackedProduct& product) {
  if (product.num_rows > 0) MultiplyAmx<BF16Tiles>(product);
}

void Int8ProductAvx512Vnni(const PackedProduct& product) {
  MultiplyAvx512<Int8>(product);
}

void BF16ProductAvx512(const PackedProduct& product) {
  MultiplyAvx512<BF16>(product);
}

void F32ProductAvx512(const PackedProduct& product) {
  MultiplyAvx512<F32>(product);
}

}  // namespace parley::kernels
HWY_POP_ATTRIBUTES
