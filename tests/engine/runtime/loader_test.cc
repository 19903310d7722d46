#include "engine/runtime/loader.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/models/golden_encoder.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

constexpr LoadOptions kOptions = {
    .num_threads = 2, .kv_cache_bytes = 16 << 20, .max_rows = 32};

absl::StatusOr<LoadedModel> Load(const std::string& directory) {
  return LoadModel(directory, kOptions, [](absl::string_view, double) {});
}

TEST(LoaderTest, KindByModelType) {
  const auto translation = Load("models/demo");
  ASSERT_TRUE(translation.ok()) << translation.status();
  EXPECT_EQ(translation->info.kind, ModelKind::kTranslation);
  EXPECT_NE(translation->tokenizer, nullptr);
  EXPECT_EQ(translation->encoder_tokenizer, nullptr);
}

TEST(LoaderTest, AModelsShareIsThatOfItsParleyJson) {
  EXPECT_EQ(Load("models/demo")->info.share, 1);
  const TempFolder folder;
  std::filesystem::copy("models/demo", folder.path(),
                        std::filesystem::copy_options::recursive);
  std::filesystem::remove(folder.path() + "/parley.json");
  folder.Write("parley.json", R"({"share": 0.5})");
  const auto model = Load(folder.path());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->info.share, 0.5);
}

TEST(LoaderTest, UnknownModelTypeIsRefusedWithThoseThatAreSupported) {
  const TempFolder folder;
  for (const char* config :
       {R"({"model_type": "t5"})", R"({"architectures": ["T5Model"]})"}) {
    folder.Write("config.json", config);
    const absl::Status status = Load(folder.path()).status();
    EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("supported are bert, camembert, distilbert, electra, "
                          "modernbert, mpnet, roberta, xlm-roberta, marian"));
  }
}

TEST(LoaderTest, DirectoryWithoutAConfigIsNamed) {
  const TempFolder folder;
  const absl::Status status = Load(folder.path()).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(folder.path() + "/config.json"));
}

TEST(LoaderTest, ProgressRisesFromNothingToAll) {
  std::vector<double> progress;
  const auto model = LoadModel(
      "models/demo", kOptions,
      [&](absl::string_view, double done) { progress.push_back(done); });
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  EXPECT_EQ(progress.front(), 0.0);
  EXPECT_EQ(progress.back(), 1.0);
}

}  // namespace
}  // namespace parley
