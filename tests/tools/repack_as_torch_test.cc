// models/demo, written by repack_as_torch.py as torch would, reads the same.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/weights/weight_file.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

constexpr char kModel[] = "models/demo";
constexpr char kShared[] = "model.shared.weight";

class RepackAsTorchTest : public testing::TestWithParam<std::string> {};

TEST_P(RepackAsTorchTest, EveryTensorIsByteEqual) {
  const TempFolder folder;
  const std::string repacked = folder.path() + "/repacked";
  ASSERT_EQ(std::system(absl::StrCat(PARLEY_PYTHON,
                                     " tests/tools/repack_as_torch.py ", kModel,
                                     " ", repacked, " --format=", GetParam())
                            .c_str()),
            0);
  ASSERT_FALSE(std::filesystem::exists(repacked + "/model.safetensors"));
  ASSERT_TRUE(std::filesystem::exists(repacked + "/config.json"));
  const auto expected = OpenModelWeights(kModel);
  ASSERT_TRUE(expected.ok()) << expected.status();
  const auto actual = OpenModelWeights(repacked);
  ASSERT_TRUE(actual.ok()) << actual.status();

  // Our name, and the name it has in the safetensors file.
  std::map<std::string, std::string> names = {
      {"model.encoder.embed_tokens.weight", kShared},
      {"model.decoder.embed_tokens.weight", kShared},
      {"lm_head.weight", kShared}};
  for (const std::string& name : (*expected)->names()) names[name] = name;
  EXPECT_EQ((*actual)->names().size(), names.size());
  for (const auto& [name, expected_name] : names) {
    const TensorView* want = (*expected)->Find(expected_name);
    const TensorView* got = (*actual)->Find(name);
    ASSERT_NE(want, nullptr) << expected_name;
    ASSERT_NE(got, nullptr) << name;
    EXPECT_EQ(got->dtype, want->dtype) << name;
    EXPECT_EQ(got->shape, want->shape) << name;
    EXPECT_TRUE(got->data == want->data) << name;
  }
  // Tied embeddings are one storage, not copies of it.
  EXPECT_EQ((*actual)->Find("lm_head.weight")->data.data(),
            (*actual)->Find(kShared)->data.data());
}

INSTANTIATE_TEST_SUITE_P(Formats, RepackAsTorchTest,
                         testing::Values("zip", "legacy"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace parley
