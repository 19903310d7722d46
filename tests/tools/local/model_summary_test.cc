#include "tools/local/model_summary.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"
#include "tests/tools/local/encoder_copy.h"

namespace parley::tools {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<ModelSummary> Summarize(const std::string& directory) {
  return SummarizeModel(directory, [](absl::string_view, double) {});
}

const StoredTensor* FindTensor(const StoredWeights& weights,
                               absl::string_view name) {
  const auto found = std::find_if(
      weights.tensors.begin(), weights.tensors.end(),
      [&](const StoredTensor& tensor) { return tensor.name == name; });
  return found == weights.tensors.end() ? nullptr : &*found;
}

TEST(SummarizeModelTest, TranslationModel) {
  const auto summary = Summarize("models/demo");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->directory, "models/demo");
  EXPECT_EQ(summary->info.architecture, "MarianMTModel");
  EXPECT_EQ(summary->info.kind, ModelKind::kTranslation);
  EXPECT_EQ(summary->info.languages.pairs.size(), 4u);
  ASSERT_EQ(summary->weights.size(), 1u);
  const StoredWeights& weights = summary->weights[0];
  EXPECT_EQ(weights.path, "model.safetensors");
  EXPECT_EQ(
      weights.file_bytes,
      static_cast<int64_t>(fs::file_size("models/demo/model.safetensors")));
  EXPECT_FALSE(weights.converted.has_value());
  EXPECT_GT(summary->directory_bytes, weights.file_bytes);
  const StoredTensor* bias = FindTensor(weights, "final_logits_bias");
  ASSERT_NE(bias, nullptr);
  EXPECT_EQ(bias->dtype, DType::kF16);
  EXPECT_THAT(bias->shape, ElementsAre(1, 8004));
  EXPECT_EQ(bias->num_bytes, 2 * 8004);
}

TEST(SummarizeModelTest, EveryKindOfEncoder) {
  for (const std::string& name : GoldenEncoders()) {
    const EncoderCopy copy(name);
    const auto summary = Summarize(copy.path());
    ASSERT_TRUE(summary.ok()) << name << ": " << summary.status();
    EXPECT_EQ(summary->info.kind, ModelKind::kEncoder) << name;
    EXPECT_GT(summary->info.num_parameters, 0) << name;
    EXPECT_FALSE(summary->weights.front().tensors.empty()) << name;
  }
}

TEST(SummarizeModelTest, DenseLayersHaveFilesOfTheirOwn) {
  const EncoderCopy copy("mpnet-sentences");
  const auto summary = Summarize(copy.path());
  ASSERT_TRUE(summary.ok()) << summary.status();
  ASSERT_EQ(summary->weights.size(), 2u);
  EXPECT_EQ(summary->weights[0].path, "model.safetensors");
  EXPECT_THAT(summary->weights[1].path, HasSubstr("2_Dense/"));
  EXPECT_NE(FindTensor(summary->weights[1], "linear.weight"), nullptr);
}

TEST(StoredPrecisionTest, NamesTheTypesOfFractions) {
  StoredWeights weights = {.tensors = {{"a", DType::kF32, {}, 4},
                                       {"b", DType::kI64, {}, 8},
                                       {"c", DType::kF16, {}, 2},
                                       {"d", DType::kF32, {}, 4}}};
  EXPECT_EQ(StoredPrecision(weights), "F16, F32");
  weights.converted = ConvertedFormat{.compute_type = "int8"};
  EXPECT_EQ(StoredPrecision(weights), "int8");
}

TEST(SummarizeModelTest, HiddenFilesDoNotCount) {
  const EncoderCopy copy("bert-long");
  const int64_t before = Summarize(copy.path())->directory_bytes;
  fs::create_directories(copy.path() + "/.git");
  fs::copy_file(copy.path() + "/config.json", copy.path() + "/.git/config");
  fs::copy_file(copy.path() + "/config.json", copy.path() + "/.hidden");
  EXPECT_EQ(Summarize(copy.path())->directory_bytes, before);
  fs::copy_file(copy.path() + "/config.json", copy.path() + "/seen");
  EXPECT_GT(Summarize(copy.path())->directory_bytes, before);
}

TEST(SummarizeModelTest, ErrorsNameTheFile) {
  const TempFolder folder;
  EXPECT_THAT(Summarize(folder.path() + "/none").status().message(),
              HasSubstr("/none is not a directory"));
  EXPECT_THAT(Summarize(folder.path()).status().message(),
              HasSubstr("config.json"));
  const EncoderCopy copy("bert-long");
  fs::resize_file(copy.path() + "/model.safetensors", 1000);
  EXPECT_THAT(Summarize(copy.path()).status().message(),
              HasSubstr("model.safetensors: "));
}

}  // namespace
}  // namespace parley::tools
