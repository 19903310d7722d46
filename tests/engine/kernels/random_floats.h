// Reproducible test data, and the lengths and places at which kernels may err.
#ifndef PARLEY_TESTS_ENGINE_KERNELS_RANDOM_FLOATS_H_
#define PARLEY_TESTS_ENGINE_KERNELS_RANDOM_FLOATS_H_

#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include "absl/types/span.h"

namespace parley::kernels {

inline constexpr float kEpsilon = std::numeric_limits<float>::epsilon();

class RandomFloats {
 public:
  explicit RandomFloats(unsigned seed) : generator_(seed) {}

  std::vector<float> Normal(size_t count, float mean = 0.0f,
                            float deviation = 1.0f) {
    std::normal_distribution<float> distribution(mean, deviation);
    std::vector<float> numbers(count);
    for (float& number : numbers) number = distribution(generator_);
    return numbers;
  }

  std::mt19937& generator() { return generator_; }

 private:
  std::mt19937 generator_;
};

// A copy of some numbers that starts `offset` floats into its allocation and
// ends with it, so that a sanitizer sees what reads or writes beyond.
class MisalignedCopy {
 public:
  MisalignedCopy(absl::Span<const float> numbers, size_t offset)
      : offset_(offset), storage_(offset + numbers.size()) {
    for (size_t i = 0; i < numbers.size(); ++i) {
      storage_[offset + i] = numbers[i];
    }
  }
  absl::Span<float> span() { return absl::MakeSpan(storage_).subspan(offset_); }

 private:
  size_t offset_;
  std::vector<float> storage_;
};

// Every length up to two of the longest vectors (four, for kernels that take
// two at a time), and some beyond.
inline std::vector<size_t> Lengths() {
  std::vector<size_t> lengths;
  for (size_t n = 1; n <= 66; ++n) lengths.push_back(n);
  for (size_t n : {127, 128, 129, 512, 1000, 2048, 4099}) lengths.push_back(n);
  return lengths;
}

inline constexpr size_t kOffsets[] = {0, 1, 3, 7};

}  // namespace parley::kernels

#endif  // PARLEY_TESTS_ENGINE_KERNELS_RANDOM_FLOATS_H_
