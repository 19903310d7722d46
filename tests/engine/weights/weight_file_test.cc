#include "engine/weights/weight_file.h"

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/weights/file_bytes.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string OneTensor() {
  return SafetensorsBytes(
      R"({"from_safetensors":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
      "abcd");
}

TEST(WeightFileTest, SafetensorsOutliveTheirOpening) {
  const TempFolder folder;
  const std::string path = folder.Write("x.safetensors", OneTensor());
  const auto file = OpenSafetensors(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->path(), path);
  EXPECT_EQ((*file)->Find("from_safetensors")->data, AsBytes("abcd"));
  EXPECT_EQ((*file)->Find("other"), nullptr);
}

TEST(WeightFileTest, CheckpointsOutliveTheirOpening) {
  const TempFolder folder;
  for (const absl::string_view name :
       {"state_dict_zip.bin", "state_dict_legacy.bin"}) {
    const std::string path = folder.Write("x.bin", ReadTestFile(name));
    const auto file = OpenPytorchCheckpoint(path);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ((*file)->path(), path);
    // One shown in the file, one copied.
    EXPECT_EQ((*file)->Find("i8")->data, AsBytes("\xfb"));
    EXPECT_EQ(
        (*file)->Find("column")->data,
        AsBytes(LittleEndian(2.0f) + LittleEndian(6.0f) + LittleEndian(10.0f)));
  }
}

TEST(WeightFileTest, MissingAndBrokenFilesAreNamed) {
  const TempFolder folder;
  const std::string missing = folder.path() + "/missing";
  EXPECT_EQ(OpenSafetensors(missing).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(OpenPytorchCheckpoint(missing).status().code(),
            absl::StatusCode::kNotFound);
  const std::string broken = folder.Write("broken", "xx");
  for (const absl::Status& status : {OpenSafetensors(broken).status(),
                                     OpenPytorchCheckpoint(broken).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), StartsWith(broken + ": "));
  }
}

TEST(WeightFileTest, EmptyFilesAreRefused) {
  const TempFolder folder;
  const std::string empty = folder.Write("empty", "");
  EXPECT_EQ(OpenSafetensors(empty).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenPytorchCheckpoint(empty).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(OpenModelWeightsTest, PrefersSafetensors) {
  const TempFolder folder;
  folder.Write("pytorch_model.bin", ReadTestFile("module_zip.bin"));
  auto file = OpenModelWeights(folder.path());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT((*file)->names(), ElementsAre("bias", "weight"));
  folder.Write("model.safetensors", OneTensor());
  file = OpenModelWeights(folder.path());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT((*file)->names(), ElementsAre("from_safetensors"));
}

TEST(OpenModelWeightsTest, BrokenSafetensorsDoNotFallBack) {
  const TempFolder folder;
  folder.Write("pytorch_model.bin", ReadTestFile("module_zip.bin"));
  folder.Write("model.safetensors", "broken");
  const absl::Status status = OpenModelWeights(folder.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("model.safetensors"));
}

TEST(OpenModelWeightsTest, NamesBothFilesWhereNeitherIsThere) {
  const TempFolder folder;
  for (const std::string& directory : {folder.path(), folder.path() + "/no"}) {
    const absl::Status status = OpenModelWeights(directory).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(status.message()), HasSubstr(directory));
    EXPECT_THAT(std::string(status.message()), HasSubstr("model.safetensors"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("pytorch_model.bin"));
  }
}

TEST(OpenModelWeightsTest, ReadsTheDemoModel) {
  const auto file = OpenModelWeights("models/demo");
  ASSERT_TRUE(file.ok()) << file.status();
  const TensorView* embeddings = (*file)->Find("model.shared.weight");
  ASSERT_NE(embeddings, nullptr);
  EXPECT_EQ(embeddings->shape.size(), 2u);
  EXPECT_EQ(embeddings->num_elements(),
            embeddings->shape[0] * embeddings->shape[1]);
}

}  // namespace
}  // namespace parley
