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

inline int32_t Value(uint8_t number) { return number; }
inline int32_t Value(int8_t number) { return number; }
inline float Value(uint16_t bf16) {
  return std::bit_cast<float>(uint32_t{bf16} << 16);
}

// Adds the products of groups of A and B, which fill 32 bits, to sums.
template <class Sum, class A, class B>
void Multiply(int sums_index, int a_index, int b_index) {
  constexpr int kNumbers = 4 / sizeof(A);
  Tile& sums = Tiles()[sums_index];
  const Tile& a = Tiles()[a_index];
  const Tile& b = Tiles()[b_index];
  PARLEY_CHECK(sums.rows == a.rows && sums.row_bytes == b.row_bytes &&
               a.row_bytes == 4 * b.rows)
      << "tiles " << sums_index << ", " << a_index << " and " << b_index;
  for (int row = 0; row < sums.rows; ++row) {
    for (int output = 0; output < sums.row_bytes / 4; ++output) {
      Sum sum = sums.At<Sum>(row, output);
      for (int i = 0; i < kNumbers * b.rows; ++i) {
        sum += Value(a.At<A>(row, i)) *
               Value(b.At<B>(i / kNumbers, kNumbers * output + i % kNumbers));
      }
      sums.Set(row, output, sum);
    }
  }
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
#define _tile_dpbusd \
  ::parley::kernels::emulated::Multiply<int32_t, uint8_t, int8_t>
#define _tile_dpbf16ps \
  ::parley::kernels::emulated::Multiply<float, uint16_t, uint16_t>

#endif  // PARLEY_TESTS_ENGINE_KERNELS_PACKED_EMULATED_TILES_H_
