#include "server/compute_types.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

TEST(ParseComputeTypesTest, OfAllAndOfSingleModels) {
  const auto one = ParseComputeTypes("int8");
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(one->of_all, ComputeType::kInt8);
  EXPECT_TRUE(one->of_model.empty());
  const auto several = ParseComputeTypes("a=bf16,auto,b=f32");
  ASSERT_TRUE(several.ok()) << several.status();
  EXPECT_EQ(several->of_all, ComputeType::kAuto);
  EXPECT_EQ(several->of_model.at("a"), ComputeType::kBF16);
  EXPECT_EQ(several->of_model.at("b"), ComputeType::kF32);
}

TEST(ParseComputeTypesTest, SaysWhatIsWrong) {
  const auto message = [](const char* text) {
    return std::string(ParseComputeTypes(text).status().message());
  };
  EXPECT_THAT(message("int4"), HasSubstr("\"int4\" is no compute type"));
  EXPECT_THAT(message("a=,b=int8"), HasSubstr("\"\" is no compute type"));
  EXPECT_THAT(message(""), HasSubstr("expected auto, f32, bf16 or int8"));
  EXPECT_THAT(message("int8,f32"), HasSubstr("two compute types for all"));
  EXPECT_THAT(message("a=int8,a=f32"),
              HasSubstr("two compute types for \"a\""));
}

TEST(ComputeTypeOfTest, AnyName) {
  const ComputeTypes types = *ParseComputeTypes("int8,b=f32");
  EXPECT_EQ(ComputeTypeOf(types, "a"), ComputeType::kInt8);
  EXPECT_EQ(ComputeTypeOf(types, "b"), ComputeType::kF32);
  EXPECT_EQ(ComputeTypeOf({}, "a"), std::nullopt);
}

TEST(SetComputeTypesTest, NamedModelsHaveTheirOwn) {
  std::vector<ModelSource> sources = {{"a", "x"}, {"b", "y"}};
  ASSERT_TRUE(SetComputeTypes(*ParseComputeTypes("int8,b=f32"), &sources).ok());
  EXPECT_EQ(sources[0].compute_type, ComputeType::kInt8);
  EXPECT_EQ(sources[1].compute_type, ComputeType::kF32);
  ASSERT_TRUE(SetComputeTypes({}, &sources).ok());
  EXPECT_EQ(sources[0].compute_type, std::nullopt);
}

TEST(SetComputeTypesTest, RefusesAModelThatIsNotThere) {
  std::vector<ModelSource> sources = {{"a", "x"}, {"b", "y"}};
  const absl::Status refused =
      SetComputeTypes(*ParseComputeTypes("c=int8"), &sources);
  EXPECT_TRUE(absl::IsNotFound(refused));
  EXPECT_THAT(refused.message(), HasSubstr("\"c\""));
  EXPECT_THAT(refused.message(), HasSubstr("\"a\", \"b\""));
}

}  // namespace
}  // namespace parley
