#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/types/span.h"
#include "engine/kernels/vector_ops.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/every_target.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

uint32_t BitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}

// IEEE 754 binary16, from its definition.
uint32_t ExpectedF16(uint16_t half) {
  const uint32_t sign = (half & 0x8000u) << 16;
  const int exponent = (half >> 10) & 0x1F;
  const uint32_t fraction = half & 0x3FFu;
  if (exponent == 0x1F) return sign | 0x7F800000u | (fraction << 13);
  const float magnitude =
      exponent == 0
          ? std::ldexp(static_cast<float>(fraction), -24)
          : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  return sign | BitsOf(magnitude);
}

std::vector<uint16_t> EveryBitPattern() {
  std::vector<uint16_t> all(65536);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  return all;
}

TEST(ConvertTest, EveryF16) {
  OnEveryTarget([] {
    const std::vector<uint16_t> x = EveryBitPattern();
    std::vector<float> y(x.size());
    ConvertF16ToF32(x, absl::MakeSpan(y));
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(BitsOf(y[i]), ExpectedF16(x[i])) << i;
    }
  });
}

TEST(ConvertTest, EveryBF16) {
  OnEveryTarget([] {
    const std::vector<uint16_t> x = EveryBitPattern();
    std::vector<float> y(x.size());
    ConvertBF16ToF32(x, absl::MakeSpan(y));
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(BitsOf(y[i]), uint32_t{x[i]} << 16) << i;
    }
  });
}

TEST(ConvertTest, EveryLengthAndPlace) {
  OnEveryTarget([] {
    for (size_t n : Lengths()) {
      for (size_t offset : kOffsets) {
        std::vector<uint16_t> x(offset + n);
        for (size_t i = 0; i < x.size(); ++i) {
          x[i] = static_cast<uint16_t>(31 * i + 0x03F0);
        }
        const absl::Span<const uint16_t> part =
            absl::MakeConstSpan(x).subspan(offset);
        MisalignedCopy y(std::vector<float>(n), offset);
        ConvertF16ToF32(part, y.span());
        for (size_t i = 0; i < n; ++i) {
          ASSERT_EQ(BitsOf(y.span()[i]), ExpectedF16(part[i])) << i;
        }
        ConvertBF16ToF32(part, y.span());
        for (size_t i = 0; i < n; ++i) {
          ASSERT_EQ(BitsOf(y.span()[i]), uint32_t{part[i]} << 16) << i;
        }
      }
    }
  });
}

// To nearest, ties to even, from the definition: the two neighbours compared.
uint16_t ExpectedBF16(float x) {
  const uint32_t bits = BitsOf(x);
  const uint32_t below = bits & 0xFFFF0000u;
  const uint32_t rest = bits & 0xFFFFu;
  const bool up = rest > 0x8000u || (rest == 0x8000u && (below >> 16 & 1) != 0);
  return static_cast<uint16_t>((below >> 16) + (up ? 1 : 0));
}

TEST(ConvertTest, RoundsToTheNearestBF16) {
  OnEveryTarget([] {
    std::vector<float> x = RandomFloats(5).Normal(1000, 0.0f, 1e3f);
    // Ties, both ways, subnormals, the greatest, infinities, zeros.
    for (const uint32_t bits :
         {0x3F808000u, 0x3F818000u, 0x3F808001u, 0x3F807FFFu, 0x00000001u,
          0x00008000u, 0x00018000u, 0x7F7FFFFFu, 0x7F800000u, 0xFF800000u,
          0x80000000u, 0x00000000u, 0xBF808000u}) {
      float number;
      std::memcpy(&number, &bits, sizeof(number));
      x.push_back(number);
    }
    std::vector<uint16_t> y(x.size());
    ConvertF32ToBF16(x, absl::MakeSpan(y));
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(y[i], ExpectedBF16(x[i])) << x[i];
    }
  });
}

TEST(ConvertTest, KeepsNaNWhenRounding) {
  OnEveryTarget([] {
    for (const uint32_t bits : {0x7F800001u, 0x7FFFFFFFu, 0xFF80FFFFu}) {
      std::vector<float> x(20);
      for (float& number : x) std::memcpy(&number, &bits, sizeof(number));
      std::vector<uint16_t> y(x.size());
      ConvertF32ToBF16(x, absl::MakeSpan(y));
      for (const uint16_t half : y) ASSERT_GT(half & 0x7FFF, 0x7F80);
    }
  });
}

TEST(ConvertTest, Empty) {
  OnEveryTarget([] {
    ConvertF16ToF32({}, {});
    ConvertBF16ToF32({}, {});
    ConvertF32ToBF16({}, {});
  });
}

}  // namespace
}  // namespace parley::kernels
