// What this machine could do at best, measured: what benchmarks of kernels
// stand beside.
#ifndef PARLEY_BENCH_MACHINE_PEAK_H_
#define PARLEY_BENCH_MACHINE_PEAK_H_

#include <cstdint>

namespace parley {

enum class Arithmetic {
  kF32,
  kBF16,  // Products of bf16, summed in f32.
  kInt8,  // Products of bytes, summed in int32.
};

// Additions and multiplications per second of `num_threads` threads on
// registers alone (tiles where there is AMX), the best of a few tries; 0 where
// the processor has no such instructions. Takes a fraction of a second.
double PeakOperations(Arithmetic arithmetic, int num_threads);

// Bytes per second that one thread reads of a buffer of `num_bytes`, again and
// again: out of a cache where it fits one. 0 without AVX2.
double PeakReadBytes(int64_t num_bytes);

}  // namespace parley

#endif  // PARLEY_BENCH_MACHINE_PEAK_H_
