#include "server/pipeline/embedding/vectors.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

template <typename T>
std::vector<T> Unpack(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

// The bits of `value` in half precision.
uint16_t Half(float value) {
  const auto packed = PackVector({value, 1.0f}, VectorFormat::kF16);
  EXPECT_TRUE(packed.ok()) << packed.status();
  return packed.ok() ? Unpack<uint16_t>(packed->bytes)[0] : 0xFFFF;
}

TEST(CheckVectorTest, RefusesWhatIsNoAnswer) {
  EXPECT_TRUE(CheckVector({0, 1e-45f}).ok());
  for (const float bad : {kNan, kInf, -kInf}) {
    const absl::Status status = CheckVector({1, bad});
    EXPECT_TRUE(absl::IsInternal(status)) << bad;
  }
  EXPECT_THAT(std::string(CheckVector({0, -0.0f}).message()),
              HasSubstr("zeros only"));
}

TEST(ShapeVectorTest, CutsThenNormalizes) {
  EXPECT_THAT(*ShapeVector({3, 4, 12}, {.dimensions = 3}),
              ElementsAre(3, 4, 12));
  EXPECT_THAT(*ShapeVector({3, 4, 12}, {.dimensions = 2}), ElementsAre(3, 4));
  EXPECT_THAT(*ShapeVector({3, 4, 12}, {.dimensions = 2, .normalize = true}),
              ElementsAre(FloatEq(0.6f), FloatEq(0.8f)));
}

TEST(ShapeVectorTest, NormalizesWhatOverflowsInSinglePrecision) {
  EXPECT_THAT(
      *ShapeVector({3e30f, 4e30f}, {.dimensions = 2, .normalize = true}),
      ElementsAre(FloatEq(0.6f), FloatEq(0.8f)));
  EXPECT_THAT(
      *ShapeVector({3e-30f, 4e-30f}, {.dimensions = 2, .normalize = true}),
      ElementsAre(FloatEq(0.6f), FloatEq(0.8f)));
}

TEST(ShapeVectorTest, RefusesWhatIsNoAnswer) {
  const VectorShape shape = {.dimensions = 2, .normalize = true};
  EXPECT_TRUE(absl::IsInternal(ShapeVector({0, 0, 1}, shape).status()));
  EXPECT_TRUE(absl::IsInternal(ShapeVector({kNan, 1}, shape).status()));
  EXPECT_TRUE(absl::IsInternal(ShapeVector({1}, shape).status()));
  // What is cut off does not matter.
  EXPECT_TRUE(ShapeVector({1, 2, kNan}, shape).ok());
}

TEST(PackVectorTest, F32IsTheNumbersThemselves) {
  const auto packed = PackVector({1.5f, -2}, VectorFormat::kF32);
  ASSERT_TRUE(packed.ok());
  EXPECT_EQ(packed->bytes, std::string("\0\0\xC0\x3F\0\0\0\xC0", 8));
  EXPECT_EQ(packed->scale, 0);
}

TEST(PackVectorTest, F16RoundsToNearestEven) {
  EXPECT_EQ(Half(1), 0x3C00);
  EXPECT_EQ(Half(-2), 0xC000);
  EXPECT_EQ(Half(65504), 0x7BFF);
  EXPECT_EQ(Half(65519), 0x7BFF);         // Below the middle to 65536.
  EXPECT_EQ(Half(1 + 0x1p-11f), 0x3C00);  // Halfway: to the even one.
  EXPECT_EQ(Half(1 + 3 * 0x1p-11f), 0x3C02);
  EXPECT_EQ(Half(0x1p-24f), 0x0001);  // The least there is.
  EXPECT_EQ(Half(0x1p-25f), 0x0000);
  EXPECT_EQ(Half(0x1.8p-25f), 0x0001);
  EXPECT_EQ(Half(0x1p-14f), 0x0400);
}

TEST(PackVectorTest, EveryHalfComesBack) {
  for (uint32_t bits = 1; bits < 0x7C00; ++bits) {
    const uint32_t exponent = bits >> 10;
    const float fraction = static_cast<float>(bits & 0x3FF);
    const float value =
        exponent == 0
            ? std::ldexp(fraction, -24)
            : std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25);
    ASSERT_EQ(Half(value), bits);
    ASSERT_EQ(Half(-value), bits | 0x8000);
  }
}

TEST(PackVectorTest, F16RefusesWhatItCannotHold) {
  for (const float large : {65520.0f, -1e30f}) {
    const absl::Status status =
        PackVector({1, large}, VectorFormat::kF16).status();
    EXPECT_TRUE(absl::IsOutOfRange(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("too large"));
  }
  EXPECT_TRUE(absl::IsOutOfRange(
      PackVector({1e-9f, -1e-9f}, VectorFormat::kF16).status()));
}

TEST(PackVectorTest, Int8ScalesByTheGreatest) {
  const auto packed =
      PackVector({-2.54f, 0.02f, 0.031f, 2.53f, 0.05f}, VectorFormat::kInt8);
  ASSERT_TRUE(packed.ok());
  EXPECT_FLOAT_EQ(packed->scale, 0.02f);
  const auto bytes = Unpack<int8_t>(packed->bytes);
  EXPECT_EQ(bytes[0], -127);
  EXPECT_EQ(bytes[1], 1);
  EXPECT_EQ(bytes[2], 2);
  EXPECT_TRUE(bytes[3] == 126 || bytes[3] == 127);
}

TEST(PackVectorTest, Int8IsWithinHalfAStep) {
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i) values.push_back(std::sin(0.7f * i) * 1e-3f);
  const auto packed = PackVector(values, VectorFormat::kInt8);
  ASSERT_TRUE(packed.ok());
  const auto bytes = Unpack<int8_t>(packed->bytes);
  ASSERT_EQ(bytes.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(bytes[i] * packed->scale, values[i], 0.5001f * packed->scale);
  }
}

TEST(PackVectorTest, Int8RefusesWhatHasNoScale) {
  EXPECT_TRUE(absl::IsOutOfRange(
      PackVector({1e-44f, 0}, VectorFormat::kInt8).status()));
}

TEST(PackVectorTest, BinaryTakesTheSigns) {
  const auto packed = PackVector({1, -1, 0, 2, -0.0f, 1e-45f, -3, 4, 5, -6},
                                 VectorFormat::kBinary);
  ASSERT_TRUE(packed.ok());
  EXPECT_EQ(packed->bytes, "\x95\x80");
  // All bits 0 is an answer: the vector has a direction all the same.
  EXPECT_EQ(PackVector({-1, -2}, VectorFormat::kBinary)->bytes,
            std::string(1, '\0'));
}

TEST(PackedBytesTest, AreThoseOfPackVector) {
  for (const VectorFormat format :
       {VectorFormat::kF32, VectorFormat::kF16, VectorFormat::kInt8,
        VectorFormat::kBinary}) {
    for (int dimensions = 1; dimensions <= 17; ++dimensions) {
      const auto packed =
          PackVector(std::vector<float>(dimensions, 0.5f), format);
      EXPECT_EQ(std::ssize(packed->bytes), PackedBytes(format, dimensions));
    }
  }
}

}  // namespace
}  // namespace parley
