#include "engine/weights/safetensors_header.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

std::string Refusal(absl::string_view header) {
  const absl::Status status = ParseSafetensorsHeader(header).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << header;
  return std::string(status.message());
}

// A header of one tensor, "w", with this in its entry.
std::string Entry(absl::string_view fields) {
  return absl::StrCat(R"({"w":{)", fields, "}}");
}

TEST(SafetensorsHeaderTest, GivesTheEntriesInOrder) {
  const auto header = ParseSafetensorsHeader(
      R"({"__metadata__":{"format":"pt"},)"
      R"("b":{"dtype":"BF16","shape":[2,3],"data_offsets":[4,16]},)"
      R"("a":{"data_offsets":[0,4],"shape":[],"dtype":"F32"}}   )");
  ASSERT_TRUE(header.ok()) << header.status();
  ASSERT_EQ(header->entries.size(), 2u);
  const SafetensorsEntry& b = header->entries[0];
  EXPECT_EQ(b.name, "b");
  EXPECT_EQ(b.dtype, DType::kBF16);
  EXPECT_THAT(b.shape, ElementsAre(2, 3));
  EXPECT_EQ(b.begin_bytes, 4u);
  EXPECT_EQ(b.end_bytes, 16u);
  const SafetensorsEntry& a = header->entries[1];
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.dtype, DType::kF32);
  EXPECT_THAT(a.shape, IsEmpty());
  EXPECT_EQ(a.end_bytes, 4u);
}

TEST(SafetensorsHeaderTest, MayHaveNoTensors) {
  EXPECT_THAT(ParseSafetensorsHeader("{}")->entries, IsEmpty());
  EXPECT_THAT(ParseSafetensorsHeader(R"({"__metadata__":{}})")->entries,
              IsEmpty());
}

TEST(SafetensorsHeaderTest, KnowsEveryDType) {
  for (const DType dtype :
       {DType::kBool, DType::kU8, DType::kI8, DType::kI16, DType::kU16,
        DType::kF16, DType::kBF16, DType::kI32, DType::kU32, DType::kF32,
        DType::kI64, DType::kU64, DType::kF64}) {
    const auto header = ParseSafetensorsHeader(
        Entry(absl::StrCat(R"("dtype":")", DTypeName(dtype),
                           R"(","shape":[0],"data_offsets":[0,0])")));
    ASSERT_TRUE(header.ok()) << header.status();
    EXPECT_EQ(header->entries.front().dtype, dtype);
  }
}

TEST(SafetensorsHeaderTest, UnknownAndUnsupportedDTypesAreRefused) {
  const auto with = [](absl::string_view dtype) {
    return Refusal(Entry(absl::StrCat(R"("dtype":")", dtype, R"(")")));
  };
  EXPECT_EQ(with("F8_E4M3"),
            "tensor \"w\": dtype \"F8_E4M3\" is not supported");
  for (const absl::string_view dtype :
       {"F4", "F6_E2M3", "F6_E3M2", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ",
        "F8_E5M2FNUZ", "C64"}) {
    EXPECT_THAT(with(dtype), HasSubstr("is not supported"));
  }
  EXPECT_EQ(with("F128"), "tensor \"w\": dtype \"F128\" is unknown");
  EXPECT_EQ(with("f32"), "tensor \"w\": dtype \"f32\" is unknown");
}

TEST(SafetensorsHeaderTest, MustBeAJsonObjectInUtf8) {
  EXPECT_EQ(Refusal(""), "header: does not start with '{'");
  EXPECT_EQ(Refusal(" {}"), "header: does not start with '{'");
  EXPECT_EQ(Refusal("[]"), "header: does not start with '{'");
  EXPECT_EQ(Refusal("{\"\xff\":1}"), "header: not UTF-8 at byte 2");
  EXPECT_THAT(Refusal(absl::string_view("{}\0", 3)),
              StartsWith("header: not JSON at byte 2"));
  EXPECT_THAT(Refusal("{} x"), StartsWith("header: not JSON at byte 4"));
  EXPECT_THAT(Refusal("{"), StartsWith("header: not JSON at byte"));
  EXPECT_THAT(Refusal("{\"w\":{}"), HasSubstr("missing"));
}

TEST(SafetensorsHeaderTest, KeysMayNotAppearTwice) {
  constexpr absl::string_view kGood =
      R"("dtype":"F32","shape":[0],"data_offsets":[0,0])";
  EXPECT_EQ(
      Refusal(absl::StrCat(R"({"w":{)", kGood, R"(},"w":{)", kGood, "}}")),
      "header: key \"w\" appears twice");
  EXPECT_EQ(Refusal(Entry(R"("dtype":"F32","dtype":"F32")")),
            "tensor \"w\": key \"dtype\" appears twice");
  EXPECT_EQ(Refusal(Entry(R"("shape":[1],"shape":[1])")),
            "tensor \"w\": key \"shape\" appears twice");
  EXPECT_EQ(Refusal(Entry(R"("data_offsets":[0,4],"data_offsets":[0,4])")),
            "tensor \"w\": key \"data_offsets\" appears twice");
  EXPECT_EQ(Refusal(R"({"__metadata__":{"a":"1","a":"1"}})"),
            "__metadata__: key \"a\" appears twice");
  EXPECT_EQ(Refusal(R"({"__metadata__":{},"__metadata__":{}})"),
            "header: key \"__metadata__\" appears twice");
}

TEST(SafetensorsHeaderTest, KeysOfAnEntryAreExactlyThree) {
  EXPECT_THAT(Refusal(Entry(R"("dtype":"F32","strides":[1])")),
              StartsWith("tensor \"w\": key \"strides\" is unknown"));
  EXPECT_EQ(Refusal(Entry(R"("shape":[0],"data_offsets":[0,0])")),
            "tensor \"w\": \"dtype\" is missing");
  EXPECT_EQ(Refusal(Entry(R"("dtype":"F32","data_offsets":[0,0])")),
            "tensor \"w\": \"shape\" is missing");
  EXPECT_EQ(Refusal(Entry(R"("dtype":"F32","shape":[0])")),
            "tensor \"w\": \"data_offsets\" is missing");
}

TEST(SafetensorsHeaderTest, MetadataIsAMapOfStrings) {
  EXPECT_THAT(
      ParseSafetensorsHeader(R"({"__metadata__":{"b":"1","a":"\u00e9"}})")
          ->metadata,
      ElementsAre(Pair("a", "\xc3\xa9"), Pair("b", "1")));
  EXPECT_EQ(Refusal(R"({"__metadata__":3})"),
            "__metadata__: found a number, expected an object");
  EXPECT_EQ(Refusal(R"({"__metadata__":{"a":1}})"),
            "__metadata__: found a number, expected a string");
  EXPECT_EQ(Refusal(R"({"__metadata__":{"a":{}}})"),
            "__metadata__: found an object, expected a string");
}

TEST(SafetensorsHeaderTest, ValuesHaveTheirKinds) {
  EXPECT_EQ(Refusal(R"({"w":[1]})"),
            "tensor \"w\": found an array, expected an object");
  EXPECT_EQ(Refusal(R"({"w":null})"),
            "tensor \"w\": found null, expected an object");
  EXPECT_EQ(Refusal(Entry(R"("dtype":32)")),
            "tensor \"w\": found a number, expected \"dtype\" as a string");
  EXPECT_EQ(Refusal(Entry(R"("shape":4)")),
            "tensor \"w\": found a number, expected \"shape\" as an array");
  EXPECT_THAT(Refusal(Entry(R"("shape":[[1]])")), HasSubstr("found an array"));
  EXPECT_THAT(Refusal(Entry(R"("shape":["1"])")), HasSubstr("found a string"));
  EXPECT_EQ(Refusal(Entry(R"("shape":[-1])")),
            "tensor \"w\": found a negative integer, expected \"shape\" as an "
            "array of non-negative integers");
  EXPECT_THAT(Refusal(Entry(R"("shape":[1.0])")),
              HasSubstr("a number that is not an integer"));
  EXPECT_THAT(Refusal(Entry(R"("shape":[true])")), HasSubstr("a boolean"));
  EXPECT_THAT(Refusal(Entry(R"("data_offsets":{})")),
              HasSubstr("found an object"));
  EXPECT_THAT(Refusal(Entry(R"("data_offsets":[0,-1])")),
              HasSubstr("a negative integer"));
}

TEST(SafetensorsHeaderTest, SizesFitIn63BitsAndDimensionsAreLimited) {
  EXPECT_EQ(Refusal(Entry(R"("shape":[9223372036854775808])")),
            "tensor \"w\": \"shape\" has a size above 2^63 - 1");
  EXPECT_THAT(Refusal(Entry(R"("shape":[99999999999999999999])")),
              HasSubstr("not an integer in range"));
  EXPECT_EQ(Refusal(Entry(R"("shape":[1,1,1,1,1,1,1,1,1])")),
            "tensor \"w\": \"shape\" has more than 8 dimensions");
}

TEST(SafetensorsHeaderTest, OffsetsAreTwo) {
  EXPECT_EQ(Refusal(Entry(R"("data_offsets":[0])")),
            "tensor \"w\": \"data_offsets\" has fewer than two numbers");
  EXPECT_EQ(Refusal(Entry(R"("data_offsets":[0,4,8])")),
            "tensor \"w\": \"data_offsets\" has more than two numbers");
}

}  // namespace
}  // namespace parley
