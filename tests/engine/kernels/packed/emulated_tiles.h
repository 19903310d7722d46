// AMX's tiles in plain C++, in place of the intrinsics of whatever is included
// after this: what a kernel does with them can then be tested on processors
// that have none. (Intel 64 and IA-32 Architectures Software Developer's
// Manual, volume 2: LDTILECFG, TILELOADD, TILESTORED, TDPBUSD, TDPBF16PS.)
#ifndef PARLEY_TESTS_ENGINE_KERNELS_PACKED_EMULATED_TILES_H_
#define PARLEY_TESTS_ENGINE_KERNELS_PACKED_EMULATED_TILES_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/log.h"
#include "engine/kernels/packed/avx512_sums-inl.h"  // The intrinsics.

namespace parley::kernels::emulated {

struct Tile {
  int rows = 0;
  int row_bytes = 0;
  std::array<std::array<std::byte, 64>, 16> data = {};

  template <class T>
  T At(int row, int index) const {
    T value;
    std::memcpy(&value, &data[row][index * sizeof(T)], sizeof(T));
    return value;
  }
  template <class T>
  void Set(int row, int index, T value) {
    std::memcpy(&data[row][index * sizeof(T)], &value, sizeof(T));
  }
};

inline std::array<Tile, 8>& Tiles() {
  thread_local std::array<Tile, 8> tiles;
  return tiles;
}

inline void LoadConfig(const void* config) {
  std::array<uint8_t, 64> bytes;
  std::memcpy(bytes.data(), config, bytes.size());
  PARLEY_CHECK(bytes[0] == 1 && bytes[1] == 0) << int{bytes[0]};
  for (size_t i = 0; i < Tiles().size(); ++i) {
    Tile& tile = Tiles()[i] = Tile();
    tile.row_bytes = bytes[16 + 2 * i] + 256 * bytes[17 + 2 * i];
    tile.rows = bytes[48 + i];
    PARLEY_CHECK(tile.rows <= 16 && tile.row_bytes <= 64) << i;
  }
}

inline void Release() { Tiles() = {}; }

inline void Zero(int index) {
  Tile& tile = Tiles()[index];
  PARLEY_CHECK(tile.rows > 0) << "tile " << index << " is not configured";
  tile.data = {};
}

inline void Load(int index, const void* base, int64_t stride) {
  Zero(index);
  Tile& tile = Tiles()[index];
  for (int r = 0; r < tile.rows; ++r) {
    std::memcpy(tile.data[r].data(),
                static_cast<const std::byte*>(base) + r * stride,
                tile.row_bytes);
  }
}

inline void Store(int index, void* base, int64_t stride) {
  const Tile& tile = Tiles()[index];
  for (int r = 0; r < tile.rows; ++r) {
    std::memcpy(static_cast<std::byte*>(base) + r * stride, tile.data[r].data(),
                tile.row_bytes);
  }
}

// Calls multiply(sums, row, group, output) for each that the tiles hold.
template <class Multiply>
void ForEachProduct(int sums_index, int a_index, int b_index,
                    const Multiply& multiply) {
  Tile& sums = Tiles()[sums_index];
  const Tile& a = Tiles()[a_index];
  const Tile& b = Tiles()[b_index];
  PARLEY_CHECK(sums.rows == a.rows && sums.row_bytes == b.row_bytes &&
               a.row_bytes == 4 * b.rows)
      << "tiles " << sums_index << ", " << a_index << " and " << b_index;
  for (int row = 0; row < sums.rows; ++row) {
    for (int group = 0; group < b.rows; ++group) {
      for (int output = 0; output < sums.row_bytes / 4; ++output) {
        multiply(sums, a, b, row, group, output);
      }
    }
  }
}

inline void MultiplyInt8(int sums_index, int a_index, int b_index) {
  ForEachProduct(sums_index, a_index, b_index,
                 [](Tile& sums, const Tile& a, const Tile& b, int row,
                    int group, int output) {
                   auto sum = sums.At<int32_t>(row, output);
                   for (int i = 0; i < 4; ++i) {
                     sum += int32_t{a.At<uint8_t>(row, 4 * group + i)} *
                            b.At<int8_t>(group, 4 * output + i);
                   }
                   sums.Set(row, output, sum);
                 });
}

inline float Widen(uint16_t number) {
  return std::bit_cast<float>(uint32_t{number} << 16);
}

inline void MultiplyBF16(int sums_index, int a_index, int b_index) {
  ForEachProduct(sums_index, a_index, b_index,
                 [](Tile& sums, const Tile& a, const Tile& b, int row,
                    int group, int output) {
                   auto sum = sums.At<float>(row, output);
                   for (int i = 0; i < 2; ++i) {
                     sum += Widen(a.At<uint16_t>(row, 2 * group + i)) *
                            Widen(b.At<uint16_t>(group, 2 * output + i));
                   }
                   sums.Set(row, output, sum);
                 });
}

}  // namespace parley::kernels::emulated

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbusd
#undef _tile_dpbf16ps
#define _tile_loadconfig ::parley::kernels::emulated::LoadConfig
#define _tile_release ::parley::kernels::emulated::Release
#define _tile_zero ::parley::kernels::emulated::Zero
#define _tile_loadd ::parley::kernels::emulated::Load
#define _tile_stored ::parley::kernels::emulated::Store
#define _tile_dpbusd ::parley::kernels::emulated::MultiplyInt8
#define _tile_dpbf16ps ::parley::kernels::emulated::MultiplyBF16

#endif  // PARLEY_TESTS_ENGINE_KERNELS_PACKED_EMULATED_TILES_H_
