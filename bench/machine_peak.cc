#include "bench/machine_peak.h"

#include <immintrin.h>
#include <omp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace parley {
namespace {

// Does some work and returns how much that was.
using Work = double (*)(int64_t rounds);

// Keeps the compiler from dropping what nobody reads, and from knowing what it
// holds: chains that begin alike would become one.
template <typename T>
void Keep(T& value) {
  asm volatile("" : "+m"(value) : : "memory");
}

// In all of these, twelve chains of operations hide the latency of each.

__attribute__((target("avx512f"))) double MultiplyAddAvx512(int64_t rounds) {
  __m512 sums[12] = {};
  for (__m512& sum : sums) Keep(sum);
  const __m512 factor = _mm512_set1_ps(0.999f);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, factor, factor);
  }
  for (__m512& sum : sums) Keep(sum);
  return rounds * 12.0 * 16 * 2;
}

__attribute__((target("avx2,fma"))) double MultiplyAddAvx2(int64_t rounds) {
  __m256 sums[12] = {};
  for (__m256& sum : sums) Keep(sum);
  const __m256 factor = _mm256_set1_ps(0.999f);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, factor, factor);
  }
  for (__m256& sum : sums) Keep(sum);
  return rounds * 12.0 * 8 * 2;
}

__attribute__((target("avx512f,avx512bf16"))) double MultiplyAddBF16(
    int64_t rounds) {
  __m512 sums[12] = {};
  for (__m512& sum : sums) Keep(sum);
  const __m512bh factor = (__m512bh)_mm512_set1_epi16(0x3c3c);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    for (__m512& sum : sums) sum = _mm512_dpbf16_ps(sum, factor, factor);
  }
  for (__m512& sum : sums) Keep(sum);
  return rounds * 12.0 * 32 * 2;
}

__attribute__((target("avx512f,avx512vnni"))) double MultiplyAddInt8(
    int64_t rounds) {
  __m512i sums[12] = {};
  for (__m512i& sum : sums) Keep(sum);
  const __m512i factor = _mm512_set1_epi8(3);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    for (__m512i& sum : sums) sum = _mm512_dpbusd_epi32(sum, factor, factor);
  }
  for (__m512i& sum : sums) Keep(sum);
  return rounds * 12.0 * 64 * 2;
}

// Eight tiles of 16 rows of 64 bytes. Four of them are summed into.
__attribute__((target("amx-tile"))) void ConfigureTiles() {
  // Static: GCC does not see that all of it is read.
  static const struct alignas(64) {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t bytes_per_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  } configuration;
  _tile_loadconfig(&configuration);
}

__attribute__((target("amx-tile,amx-bf16"))) double MultiplyTilesBF16(
    int64_t rounds) {
  ConfigureTiles();
  for (int64_t r = 0; r < rounds; ++r) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
  return rounds * 4.0 * 16 * 16 * 32 * 2;
}

__attribute__((target("amx-tile,amx-int8"))) double MultiplyTilesInt8(
    int64_t rounds) {
  ConfigureTiles();
  for (int64_t r = 0; r < rounds; ++r) {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  _tile_release();
  return rounds * 4.0 * 16 * 16 * 64 * 2;
}

// Whether this process may use tiles; the kernel wants to be asked first.
bool MayUseTiles() {
  constexpr int kRequestPermission = 0x1023;
  constexpr int kTileData = 18;
  return __builtin_cpu_supports("amx-tile") &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

// The fastest way to compute on this processor, or null.
Work BestWork(Arithmetic arithmetic) {
  const bool has_avx512 = __builtin_cpu_supports("avx512f");
  switch (arithmetic) {
    case Arithmetic::kF32:
      if (has_avx512) return MultiplyAddAvx512;
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                 ? MultiplyAddAvx2
                 : nullptr;
    case Arithmetic::kBF16:
      if (__builtin_cpu_supports("amx-bf16") && MayUseTiles()) {
        return MultiplyTilesBF16;
      }
      return __builtin_cpu_supports("avx512bf16") ? MultiplyAddBF16 : nullptr;
    case Arithmetic::kInt8:
      if (__builtin_cpu_supports("amx-int8") && MayUseTiles()) {
        return MultiplyTilesInt8;
      }
      return __builtin_cpu_supports("avx512vnni") ? MultiplyAddInt8 : nullptr;
  }
  return nullptr;
}

__attribute__((target("avx2"))) void ReadAll(const char* data,
                                             int64_t num_bytes) {
  __m256i sums[8] = {};
  for (int64_t i = 0; i + 256 <= num_bytes; i += 256) {
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) {
      sums[k] = _mm256_or_si256(
          sums[k], _mm256_load_si256(
                       reinterpret_cast<const __m256i*>(data + i + 32 * k)));
    }
  }
  for (__m256i& sum : sums) Keep(sum);
}

double SecondsSince(std::chrono::steady_clock::time_point start) {
  const std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  return elapsed.count();
}

}  // namespace

double PeakOperations(Arithmetic arithmetic, int num_threads) {
  constexpr int64_t kRounds = 2'000'000;
  const Work work = BestWork(arithmetic);
  if (work == nullptr) return 0;
  double best = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    double operations = 0;
    const auto start = std::chrono::steady_clock::now();
#pragma omp parallel num_threads(num_threads) reduction(+ : operations)
    operations += work(kRounds);
    best = std::max(best, operations / SecondsSince(start));
  }
  return best;
}

double PeakReadBytes(int64_t num_bytes) {
  constexpr int64_t kBytesOfATry = int64_t{1} << 28;
  if (!__builtin_cpu_supports("avx2")) return 0;
  const int64_t size = std::max<int64_t>(num_bytes / 256, 1) * 256;
  const std::unique_ptr<char, void (*)(void*)> data(
      static_cast<char*>(std::aligned_alloc(256, size)), std::free);
  std::memset(data.get(), 1, size);
  const int64_t rounds = std::max<int64_t>(kBytesOfATry / size, 1);
  double best = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    for (int64_t r = 0; r < rounds; ++r) ReadAll(data.get(), size);
    best = std::max(best, rounds * size / SecondsSince(start));
  }
  return best;
}

}  // namespace parley
