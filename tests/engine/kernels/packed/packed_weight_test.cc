#include "engine/kernels/packed/packed_weight.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/types/span.h"
#include "engine/kernels/packed/row_rotation.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

PackedWeight PackRandom(const PackedShape& shape, std::vector<float>* floats) {
  *floats = RandomFloats(4).Normal(shape.in_features * shape.out_features);
  return Pack(shape, [&](int64_t output, absl::Span<float> row) {
    std::copy_n(floats->data() + output * shape.in_features, row.size(),
                row.data());
  });
}

TEST(PackedShapeTest, PadsInputsToChunksAndOutputsToPanels) {
  const PackedShape int8 = {.in_features = 65, .out_features = 33};
  EXPECT_EQ(int8.row_bytes(), 128);
  EXPECT_EQ(int8.num_panels(), 3);
  EXPECT_EQ(int8.padded_out(), 48);
  EXPECT_EQ(int8.num_bytes(), 48 * 128);
  const PackedShape bf16 = {64, 16, PackedType::kBF16};
  EXPECT_EQ(bf16.row_bytes(), 128);
  EXPECT_EQ(bf16.num_bytes(), 16 * 128);
  EXPECT_EQ(bf16.padded_in(), 64);
  const PackedShape int16 = {65, 16, PackedType::kInt16};
  EXPECT_EQ(int16.row_bytes(), 192);
  EXPECT_EQ(int16.padded_in(), 96);
}

TEST(PackedWeightTest, OutputsComeBackRounded) {
  for (const PackedType type : {PackedType::kInt8, PackedType::kInt16,
                                PackedType::kBF16, PackedType::kF32}) {
    for (const auto& [in, out] :
         {std::pair{1, 1}, {7, 5}, {64, 16}, {130, 35}}) {
      const PackedShape shape = {in, out, type};
      std::vector<float> floats;
      const PackedWeight weight = PackRandom(shape, &floats);
      std::vector<float> row(in);
      for (int64_t output = 0; output < out; ++output) {
        UnpackOutput(weight, output, absl::MakeSpan(row));
        std::vector<float> expected(floats.begin() + output * in,
                                    floats.begin() + (output + 1) * in);
        if (type == PackedType::kInt8) {  // Is rounded as it is rotated.
          RotateRowBack(absl::MakeSpan(row));
          RotateRowBack(absl::MakeSpan(expected));
        }
        for (int i = 0; i < in; ++i) {
          const float x = expected[i];
          const float tolerance =
              type == PackedType::kInt8    ? weight.scales[output] * 0.5001f
              : type == PackedType::kInt16 ? weight.scales[output] * 0.51f
              : type == PackedType::kBF16  ? std::abs(x) / 256
                                           : 0.0f;
          ASSERT_NEAR(row[i], x, tolerance) << output << ", " << i;
        }
      }
    }
  }
}

// The place that docs/model_format.md gives each number.
TEST(PackedWeightTest, GroupsOfFourInputsStandBesideEachOther) {
  const PackedShape shape = {.in_features = 70, .out_features = 20};
  std::vector<float> floats;
  const PackedWeight weight = PackRandom(shape, &floats);
  const auto* panels = reinterpret_cast<const int8_t*>(weight.panels.data());
  for (int64_t output = 0; output < 32; ++output) {
    std::vector<float> rotated(70);
    if (output < 20) {
      std::copy_n(floats.data() + output * 70, 70, rotated.data());
      RotateRowBack(absl::MakeSpan(rotated));
    }
    int32_t sum = 0;
    for (int64_t input = 0; input < 128; ++input) {
      const int8_t number = panels[output / 16 * 16 * 128 + input / 4 * 64 +
                                   output % 16 * 4 + input % 4];
      sum += number;
      if (output >= 20 || input >= 70) {
        EXPECT_EQ(number, 0) << "padding at " << output << ", " << input;
      } else {
        EXPECT_NEAR(number * weight.scales[output], rotated[input],
                    weight.scales[output] * 0.5001f);
      }
    }
    EXPECT_EQ(weight.sums[output], sum);
    EXPECT_EQ(weight.scales[output] == 0.0f, output >= 20);
  }
}

TEST(PackedWeightTest, PanelsAreAligned) {
  std::vector<float> floats;
  for (const PackedShape& shape : {PackedShape{3, 3}, PackedShape{500, 700}}) {
    const PackedWeight weight = PackRandom(shape, &floats);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(weight.panels.data()) % 64, 0u);
  }
}

TEST(PackedWeightTest, SelectedOutputsAreTheOnesAskedFor) {
  for (const PackedType type : {PackedType::kInt8, PackedType::kInt16,
                                PackedType::kBF16, PackedType::kF32}) {
    const PackedShape shape = {70, 100, type};
    std::vector<float> floats;
    const PackedWeight weight = PackRandom(shape, &floats);
    const std::vector<int32_t> outputs = {3, 99, 16, 17, 0, 3};
    const PackedWeight selected = SelectOutputs(weight, outputs);
    EXPECT_EQ(selected.shape.out_features, 6);
    std::vector<float> row(70), expected(70);
    for (size_t i = 0; i < outputs.size(); ++i) {
      UnpackOutput(selected, i, absl::MakeSpan(row));
      UnpackOutput(weight, outputs[i], absl::MakeSpan(expected));
      EXPECT_EQ(row, expected) << i;
      if (type == PackedType::kInt8) {
        EXPECT_EQ(selected.sums[i], weight.sums[outputs[i]]);
      }
    }
  }
}

}  // namespace
}  // namespace parley::kernels
