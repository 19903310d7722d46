#include "engine/layers/widen.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace parley {
namespace {

template <typename T>
std::vector<std::byte> Bytes(const std::vector<T>& values, size_t offset) {
  const auto* begin = reinterpret_cast<const std::byte*>(values.data());
  std::vector<std::byte> bytes(offset);
  bytes.insert(bytes.end(), begin, begin + values.size() * sizeof(T));
  return bytes;
}

TEST(WidenTest, TakesTheFloatTypesOnly) {
  EXPECT_TRUE(CanWidenToF32(DType::kF32));
  EXPECT_TRUE(CanWidenToF32(DType::kF16));
  EXPECT_TRUE(CanWidenToF32(DType::kBF16));
  EXPECT_FALSE(CanWidenToF32(DType::kF64));
  EXPECT_FALSE(CanWidenToF32(DType::kI8));
}

TEST(WidenTest, WidensUnalignedNumbers) {
  for (const size_t offset : {0, 1, 2, 3}) {
    std::vector<float> floats(3);
    const auto f32 = Bytes<float>({1.5f, -2.0f, 1e-20f}, offset);
    WidenToF32(DType::kF32, absl::MakeSpan(f32).subspan(offset),
               absl::MakeSpan(floats));
    EXPECT_EQ(floats, (std::vector<float>{1.5f, -2.0f, 1e-20f}));
    const auto f16 = Bytes<uint16_t>({0x3E00, 0xC000, 0x7BFF}, offset);
    WidenToF32(DType::kF16, absl::MakeSpan(f16).subspan(offset),
               absl::MakeSpan(floats));
    EXPECT_EQ(floats, (std::vector<float>{1.5f, -2.0f, 65504.0f}));
    const auto bf16 = Bytes<uint16_t>({0x3FC0, 0xC000, 0x0001}, offset);
    WidenToF32(DType::kBF16, absl::MakeSpan(bf16).subspan(offset),
               absl::MakeSpan(floats));
    EXPECT_EQ(floats, (std::vector<float>{1.5f, -2.0f, 0x1p-133f}));
  }
}

TEST(WidenTest, WidensMoreThanFitsItsScratch) {
  std::vector<uint16_t> halves(5000);
  for (size_t i = 0; i < halves.size(); ++i) {
    halves[i] = static_cast<uint16_t>(0x3C00 + i % 1024);  // 1 + i / 1024
  }
  const auto bytes = Bytes(halves, 1);
  std::vector<float> floats(halves.size());
  WidenToF32(DType::kF16, absl::MakeSpan(bytes).subspan(1),
             absl::MakeSpan(floats));
  for (size_t i = 0; i < floats.size(); ++i) {
    ASSERT_EQ(floats[i], 1.0f + (i % 1024) / 1024.0f);
  }
}

}  // namespace
}  // namespace parley
