#include "tools/local/model_files.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/temp_folder.h"

namespace parley::tools {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CopyModelFilesTest : public testing::Test {
 protected:
  CopyModelFilesTest() {
    fs::create_directories(from_);
    fs::create_directories(to_);
  }
  void Write(const std::string& name) const {
    fs::create_directories(fs::path(from_ + "/" + name).parent_path());
    folder_.Write("from/" + name, name);
  }

  const TempFolder folder_;
  const std::string from_ = folder_.path() + "/from";
  const std::string to_ = folder_.path() + "/to";
};

TEST_F(CopyModelFilesTest, CopiesAllButWeights) {
  for (const char* name :
       {"config.json", "vocab.json", "source.spm", "lex.s2t", "README.md",
        "model.safetensors", "model.safetensors.index.json",
        "pytorch_model.bin", "tf_model.h5", "flax_model.msgpack",
        "rust_model.ot", "onnx/model.onnx", "onnx/config.json",
        ".gitattributes", ".cache/file"}) {
    Write(name);
  }
  const auto files = CopyModelFiles(from_, to_, "");
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_THAT(files->copied, ElementsAre("README.md", "config.json", "lex.s2t",
                                         "source.spm", "vocab.json"));
  EXPECT_THAT(files->left_out,
              ElementsAre("flax_model.msgpack", "model.safetensors",
                          "model.safetensors.index.json", "onnx/",
                          "pytorch_model.bin", "rust_model.ot", "tf_model.h5"));
  std::ifstream file(to_ + "/config.json");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
            "config.json");
  EXPECT_FALSE(fs::exists(to_ + "/onnx"));
  EXPECT_FALSE(fs::exists(to_ + "/.cache"));
}

TEST_F(CopyModelFilesTest, KeepsWeightsOfOtherFolders) {
  for (const char* name :
       {"modules.json", "0_Transformer/model.safetensors",
        "0_Transformer/config.json", "2_Dense/model.safetensors",
        "3_Dense/pytorch_model.bin", "1_Pooling/config.json"}) {
    Write(name);
  }
  const auto files = CopyModelFiles(from_, to_, "0_Transformer");
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_THAT(files->left_out, ElementsAre("0_Transformer/model.safetensors"));
  EXPECT_THAT(files->copied,
              ElementsAre("0_Transformer/config.json", "1_Pooling/config.json",
                          "2_Dense/model.safetensors",
                          "3_Dense/pytorch_model.bin", "modules.json"));
}

TEST_F(CopyModelFilesTest, FollowsLinksToFiles) {
  folder_.Write("blob", "of a cache");
  fs::create_symlink("../blob", from_ + "/config.json");
  const auto files = CopyModelFiles(from_, to_, "");
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_FALSE(fs::is_symlink(to_ + "/config.json"));
  EXPECT_EQ(fs::file_size(to_ + "/config.json"), 10u);
}

TEST(ForgetComputeTypeTest, LeavesTheOtherKeysInTheirOrder) {
  const TempFolder folder;
  const std::string path = folder.Write(
      "parley.json", R"({"z": 1, "compute_type": "f32", "a": ["en", "de"]})");
  ASSERT_TRUE(ForgetComputeType(path).ok());
  std::ifstream file(path);
  const auto json = nlohmann::ordered_json::parse(file);
  EXPECT_EQ(json.dump(), R"({"z":1,"a":["en","de"]})");
}

TEST(ForgetComputeTypeTest, OtherFilesStayAsTheyAre) {
  const TempFolder folder;
  EXPECT_TRUE(ForgetComputeType(folder.path() + "/none").ok());
  for (const char* text : {"{ \"a\" :1}", "[\"compute_type\"]", "{", ""}) {
    const std::string path = folder.Write("parley.json", text);
    EXPECT_TRUE(ForgetComputeType(path).ok());
    std::ifstream file(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
  }
}

TEST_F(CopyModelFilesTest, EmptyFoldersAndMissingOnes) {
  const auto files = CopyModelFiles(from_, to_, "");
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_THAT(files->copied, IsEmpty());
  EXPECT_THAT(CopyModelFiles(from_ + "/none", to_, "").status().message(),
              HasSubstr("/none cannot be listed"));
  Write("config.json");
  EXPECT_THAT(CopyModelFiles(from_, from_, "").status().message(),
              HasSubstr("cannot be copied to"));
}

}  // namespace
}  // namespace parley::tools
