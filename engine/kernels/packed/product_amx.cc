// Packed products with AMX (Intel 64 and IA-32 Architectures Software
// Developer's Manual, volume 1, chapter 18), which takes a tile of the weight
// as it is packed: 16 groups of inputs, 16 outputs each.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/kernels/packed/avx512_sums-inl.h"
#include "engine/kernels/packed/product_targets.h"
#include "hwy/base.h"

HWY_PUSH_ATTRIBUTES(PARLEY_AVX512_SETS)
namespace parley::kernels {
namespace {

using avx512::BF16;
using avx512::Int8;
using avx512::kChunk;
using avx512::kOutputs;
using avx512::PanelAt;
using avx512::PanelResults;

// The sums of up to 16 rows and one panel, [16, 16] of 32 bits.
struct alignas(64) SumTile {
  std::byte bytes[16 * kChunk];
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
    Int8ProductAvx512Vnni(product);
  } else {
    MultiplyAmx<Int8Tiles>(product);
  }
}

void BF16ProductAmx(const PackedProduct& product) {
  if (product.num_rows > 0) MultiplyAmx<BF16Tiles>(product);
}

}  // namespace parley::kernels
HWY_POP_ATTRIBUTES
