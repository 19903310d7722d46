#include "engine/models/tensor_table.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Tensors in memory; what they hold is their own index.
class FakeWeightFile : public WeightFile {
 public:
  void Add(const std::string& name, DType dtype, Shape shape) {
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    auto& data = data_[name];
    data.resize(count * DTypeBytes(dtype));
    if (dtype == DType::kF32) {
      for (int64_t i = 0; i < count; ++i) {
        reinterpret_cast<float*>(data.data())[i] = static_cast<float>(i);
      }
    }
    views_[name] = {.dtype = dtype, .shape = std::move(shape), .data = data};
  }

  const TensorView* Find(absl::string_view name) const override {
    const auto found = views_.find(std::string(name));
    return found == views_.end() ? nullptr : &found->second;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, view] : views_) names.push_back(name);
    return names;
  }
  const std::string& path() const override { return path_; }

 private:
  const std::string path_ = "model.file";
  std::map<std::string, std::vector<std::byte>> data_;
  std::map<std::string, TensorView> views_;
};

TEST(TensorMapTest, FindsTensorsByTheirFirstName) {
  auto file = std::make_shared<FakeWeightFile>();
  file->Add("b", DType::kF32, {2, 3});
  file->Add("c", DType::kF32, {2, 3});
  file->Add("unknown", DType::kI64, {1});
  const auto map = TensorMap::Bind(
      {{.name = "ours", .checkpoint_names = {"a", "b", "c"}, .shape = {2, 3}},
       {.name = "optional",
        .checkpoint_names = {"z"},
        .shape = {1},
        .required = false}},
      file);
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_EQ(map->Get("ours").data.data(), file->Find("b")->data.data());
  EXPECT_TRUE(map->Has("ours"));
  EXPECT_FALSE(map->Has("optional"));
  EXPECT_THAT(map->Load("ours").span(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(map->extra(), ElementsAre("unknown"));
}

TEST(TensorMapTest, CountsSharedTensorsOnce) {
  auto file = std::make_shared<FakeWeightFile>();
  file->Add("a", DType::kF32, {4});
  const auto map =
      TensorMap::Bind({{.name = "x", .checkpoint_names = {"a"}, .shape = {4}},
                       {.name = "y", .checkpoint_names = {"a"}, .shape = {4}}},
                      file);
  ASSERT_TRUE(map.ok());
  EXPECT_EQ(map->num_parameters(), 4);
}

TEST(TensorMapTest, NamesAllFaultsAtOnce) {
  auto file = std::make_shared<FakeWeightFile>();
  file->Add("wide", DType::kF32, {2, 4});
  file->Add("integer", DType::kI32, {2});
  const auto map = TensorMap::Bind(
      {{.name = "1", .checkpoint_names = {"wide"}, .shape = {2, 3}},
       {.name = "2", .checkpoint_names = {"integer"}, .shape = {2}},
       {.name = "3", .checkpoint_names = {"gone", "lost"}, .shape = {2}}},
      file);
  EXPECT_TRUE(absl::IsInvalidArgument(map.status()));
  EXPECT_THAT(
      std::string(map.status().message()),
      AllOf(HasSubstr("model.file"),
            HasSubstr("wide has shape [2, 4], expected [2, 3]"),
            HasSubstr("integer has type I32, expected F32, F16 or BF16"),
            HasSubstr("gone or lost is missing")));
}

TEST(TensorMapTest, APartIsThereWhereAllOfItIs) {
  auto file = std::make_shared<FakeWeightFile>();
  file->Add("whole.weight", DType::kF32, {4});
  file->Add("whole.bias", DType::kF32, {4});
  file->Add("half.weight", DType::kF32, {4});
  std::vector<TensorRow> table;
  for (const char* name :
       {"whole.weight", "whole.bias", "half.weight", "half.bias"}) {
    table.push_back({.name = name,
                     .checkpoint_names = {name},
                     .shape = {4},
                     .required = false});
  }
  const auto map = TensorMap::Bind(table, file);
  ASSERT_TRUE(map.ok());
  EXPECT_TRUE(map->HasPart("whole"));
  EXPECT_FALSE(map->HasPart("half"));
  EXPECT_FALSE(map->HasPart("none"));
}

}  // namespace
}  // namespace parley
