#include "tools/local/converted_weights.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "engine/kernels/packed/packed_weight.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley::tools {
namespace {

using ::parley::kernels::PackedShape;
using ::parley::kernels::PackedType;
using ::parley::kernels::PackedWeight;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Pair;

// A weight whose number i of output o is (o + 1) * (i + 1).
PackedWeight MakeWeight(int64_t out_features, int64_t in_features,
                        PackedType type = PackedType::kInt8) {
  return kernels::Pack(
      {.in_features = in_features, .out_features = out_features, .type = type},
      [](int64_t output, absl::Span<float> row) {
        for (size_t i = 0; i < row.size(); ++i) {
          row[i] = static_cast<float>((output + 1) * (i + 1));
        }
      });
}

template <typename T>
std::vector<T> NumbersOf(const TensorView& tensor) {
  std::vector<T> numbers(tensor.data.size() / sizeof(T));
  std::memcpy(numbers.data(), tensor.data.data(), tensor.data.size());
  return numbers;
}

class ConvertedWeightsTest : public testing::Test {
 protected:
  std::unique_ptr<WeightFile> Written(const ConvertedWeights& weights) {
    const std::string path = folder_.path() + "/model.safetensors";
    const absl::StatusOr<int64_t> size =
        weights.Write(path, [&](double done) { progress_.push_back(done); });
    EXPECT_TRUE(size.ok()) << size.status();
    auto file = OpenSafetensors(path);
    EXPECT_TRUE(file.ok()) << file.status();
    const auto format = ReadConvertedFormat(**file);
    EXPECT_TRUE(format.ok() && format->has_value()) << format.status();
    format_ = **format;
    const absl::Status whole = VerifyChecksums(**file, 2);
    EXPECT_TRUE(whole.ok()) << whole;
    return *std::move(file);
  }

  const TempFolder folder_;
  std::vector<double> progress_;
  ConvertedFormat format_;  // Of what was written last.
};

TEST_F(ConvertedWeightsTest, StoresProductsAsTheyAre) {
  const PackedWeight weight = MakeWeight(20, 100);
  const std::vector<float> bias(20, 0.5f);
  ConvertedWeights weights(ComputeType::kInt8);
  weights.AddProduct({"a.query_key", {"a.query", "a.key"}, weight, bias});
  const auto file = Written(weights);
  EXPECT_EQ(format_.compute_type, "int8");
  EXPECT_THAT(
      format_.products,
      ElementsAre(Pair("a.query_key", ElementsAre("a.query", "a.key"))));
  EXPECT_THAT(file->names(),
              ElementsAre("a.query_key.bias", "a.query_key.packed",
                          "a.query_key.scale", "a.query_key.sum"));
  const TensorView& packed = *file->Find("a.query_key.packed");
  EXPECT_EQ(packed.dtype, DType::kI8);
  EXPECT_THAT(packed.shape, ElementsAre(2, 32, 16, 4));
  EXPECT_EQ(packed.data, weight.panels);
  const TensorView& scale = *file->Find("a.query_key.scale");
  EXPECT_EQ(scale.dtype, DType::kF32);
  EXPECT_THAT(scale.shape, ElementsAre(32));
  EXPECT_EQ(absl::Span<const float>(NumbersOf<float>(scale)), weight.scales);
  const TensorView& sum = *file->Find("a.query_key.sum");
  EXPECT_EQ(sum.dtype, DType::kI32);
  EXPECT_EQ(absl::Span<const int32_t>(NumbersOf<int32_t>(sum)), weight.sums);
  EXPECT_EQ(NumbersOf<float>(*file->Find("a.query_key.bias")), bias);
}

TEST_F(ConvertedWeightsTest, PanelsAreLaidOutAsDocumented) {
  ConvertedWeights weights(ComputeType::kInt8);
  const PackedWeight weight = MakeWeight(18, 70);
  weights.AddProduct({"a", {"a"}, weight, {}});
  const auto file = Written(weights);
  const TensorView& packed = *file->Find("a.packed");
  const std::vector<int8_t> numbers = NumbersOf<int8_t>(packed);
  const std::vector<float> scales = NumbersOf<float>(*file->Find("a.scale"));
  for (int64_t o = 0; o < 18; ++o) {
    for (int64_t i = 0; i < 70; ++i) {
      const int64_t place =
          ((o / 16 * packed.shape[1] + i / 4) * 16 + o % 16) * 4 + i % 4;
      const float stored = static_cast<float>(numbers[place]) * scales[o];
      // 70 has one factor of two: neighbours, which are o + 1 apart, are
      // rotated together.
      const float rotated = i % 2 == 0 ? (o + 1) * (i + 1.5f) : -0.5f * (o + 1);
      ASSERT_NEAR(stored, rotated, scales[o] * 0.51f) << o << " " << i;
    }
  }
}

TEST_F(ConvertedWeightsTest, BF16HasNoScales) {
  const PackedWeight weight = MakeWeight(16, 40, PackedType::kBF16);
  ConvertedWeights weights(ComputeType::kBF16);
  weights.AddProduct({"a", {"a"}, weight, {}});
  const auto file = Written(weights);
  EXPECT_EQ(format_.compute_type, "bf16");
  EXPECT_THAT(file->names(), ElementsAre("a.packed"));
  EXPECT_EQ(file->Find("a.packed")->dtype, DType::kBF16);
  EXPECT_THAT(file->Find("a.packed")->shape, ElementsAre(1, 32, 16, 2));
  EXPECT_EQ(file->Find("a.packed")->data, weight.panels);
}

TEST_F(ConvertedWeightsTest, SharedWeightsAreStoredOnce) {
  const PackedWeight weight = MakeWeight(32, 64);
  const std::vector<float> bias(32, 1.0f);
  ConvertedWeights weights(ComputeType::kInt8);
  weights.AddPackedTable("encoder.table", weight);
  weights.AddPackedTable("decoder.table", weight);
  weights.AddProduct({"decoder.table", {"decoder.table"}, weight, bias});
  const auto file = Written(weights);
  EXPECT_THAT(file->names(),
              ElementsAre("decoder.table.bias", "encoder.table.packed",
                          "encoder.table.scale", "encoder.table.sum"));
  EXPECT_THAT(format_.shared,
              ElementsAre(Pair("decoder.table", "encoder.table")));
}

TEST_F(ConvertedWeightsTest, TablesAndTensorsAreCopied) {
  ConvertedWeights weights(ComputeType::kInt8);
  {
    const std::vector<int8_t> rows = {1, 2, 3, -4, -5, 127};
    const std::vector<float> scales = {0.5f, 2.0f};
    const std::vector<float> norm = {1.0f, 2.0f, 3.0f};
    weights.AddTable(
        "t",
        {DType::kI8,
         {2, 3},
         {reinterpret_cast<const std::byte*>(rows.data()), rows.size()}},
        scales);
    weights.AddTensor("n.weight", {3}, norm);
    weights.AddTensor("n.weight", {3}, norm);  // Loaded for two heads.
  }
  const auto file = Written(weights);
  EXPECT_THAT(file->names(), ElementsAre("n.weight", "t.scale", "t.weight"));
  EXPECT_THAT(file->Find("t.weight")->shape, ElementsAre(2, 3));
  EXPECT_THAT(NumbersOf<int8_t>(*file->Find("t.weight")),
              ElementsAre(1, 2, 3, -4, -5, 127));
  EXPECT_THAT(NumbersOf<float>(*file->Find("t.scale")),
              ElementsAre(0.5f, 2.0f));
  EXPECT_THAT(NumbersOf<float>(*file->Find("n.weight")),
              ElementsAre(1.0f, 2.0f, 3.0f));
}

TEST_F(ConvertedWeightsTest, PackedWeightsBeginAtLinesWhateverElseThereIs) {
  ConvertedWeights weights(ComputeType::kInt8);
  std::vector<PackedWeight> packed;
  for (int i = 1; i < 8; ++i) {
    const std::string name = "p" + std::to_string(i);
    packed.push_back(MakeWeight(7 * i, 11 * i));
    const std::vector<float> odd(i, 1.0f);
    weights.AddTensor("n" + std::to_string(i), {i}, odd);
    const std::vector<int8_t> rows(i, 1);
    weights.AddTable(
        "t" + std::to_string(i),
        {DType::kI8,
         {i, 1},
         {reinterpret_cast<const std::byte*>(rows.data()), rows.size()}},
        odd);
    weights.AddProduct({name, {name}, packed.back(), {}});
  }
  const auto file = Written(weights);
  for (const std::string& name : file->names()) {
    const TensorView& tensor = *file->Find(name);
    const auto place = reinterpret_cast<uintptr_t>(tensor.data.data());
    EXPECT_EQ(place % DTypeBytes(tensor.dtype), 0u) << name;
    if (name[0] == 'p') {
      EXPECT_EQ(place % 64, 0u) << name;
    }
  }
}

TEST_F(ConvertedWeightsTest, TellsHowFarItIs) {
  ConvertedWeights weights(ComputeType::kInt8);
  weights.AddProduct({"a", {"a"}, MakeWeight(512, 16384), {}});
  Written(weights);
  EXPECT_GE(progress_.size(), 3u);  // Of 8 MB.
  EXPECT_TRUE(std::is_sorted(progress_.begin(), progress_.end()));
  EXPECT_GT(progress_.back(), 0.99);
  EXPECT_THAT(progress_, Each(Le(1.0)));
}

TEST_F(ConvertedWeightsTest, SaysWhatTheSystemSaid) {
  const ConvertedWeights weights(ComputeType::kInt8);
  EXPECT_THAT(
      weights.Write(folder_.path() + "/no/w", [](double) {}).status().message(),
      HasSubstr("No such file"));
}

}  // namespace
}  // namespace parley::tools
