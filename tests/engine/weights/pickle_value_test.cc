#include "engine/weights/pickle_value.h"

#include "gtest/gtest.h"

namespace parley {
namespace {

using Kind = PickleValue::Kind;

TEST(PickleValueTest, DescribesItselfInWords) {
  EXPECT_EQ(DescribePickleValue({.kind = Kind::kNone}), "None");
  EXPECT_EQ(DescribePickleValue({.kind = Kind::kBool, .integer = 1}), "True");
  EXPECT_EQ(DescribePickleValue({.kind = Kind::kBool}), "False");
  EXPECT_EQ(DescribePickleValue({.kind = Kind::kInteger, .integer = -3}),
            "the integer -3");
  EXPECT_EQ(DescribePickleValue({.kind = Kind::kBigInteger}),
            "an integer beyond 64 bits");
  EXPECT_EQ(DescribePickleValue({.kind = Kind::kFloat}), "a float");
  EXPECT_EQ(DescribePickleValue({.kind = Kind::kString, .text = "a\nb"}),
            "the string \"a\\nb\"");
  EXPECT_EQ(DescribePickleValue({.kind = Kind::kTuple}), "a tuple of 0");
  EXPECT_EQ(DescribePickleValue({.kind = Kind::kList}), "a list");
  EXPECT_EQ(DescribePickleValue({.kind = Kind::kDict}), "a dict");
  const PickleValue name{.kind = Kind::kGlobal, .text = "torch.Size"};
  EXPECT_EQ(DescribePickleValue(name), "the name \"torch.Size\"");
  const PickleValue arguments{.kind = Kind::kTuple};
  EXPECT_EQ(
      DescribePickleValue({.kind = Kind::kCall, .items = {&name, &arguments}}),
      "a call of torch.Size");
  EXPECT_EQ(DescribePickleValue({.kind = Kind::kPersistent}),
            "a persistent id");
}

}  // namespace
}  // namespace parley
