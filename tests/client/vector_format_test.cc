#include "client/vector_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace parley::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::EmbedResult Result(const std::vector<float>& vector) {
  v1::EmbedResult result;
  result.mutable_status();
  result.set_vector(reinterpret_cast<const char*>(vector.data()),
                    vector.size() * sizeof(float));
  result.set_dimensions(static_cast<int>(vector.size()));
  result.set_tokens(7);
  return result;
}

TEST(DecodeVector, ReadsLittleEndianFloats) {
  v1::EmbedResult result;
  result.set_vector(std::string("\x00\x00\x80\x3f\x00\x00\x20\xc0", 8));
  result.set_dimensions(2);
  const auto vector = DecodeVector(result);
  ASSERT_TRUE(vector.ok()) << vector.status();
  EXPECT_THAT(*vector, ElementsAre(1.0f, -2.5f));
}

TEST(DecodeVector, RefusesWhatIsNoVector) {
  v1::EmbedResult result = Result({1.0f, 2.0f});
  result.set_dimensions(3);
  EXPECT_EQ(
      DecodeVector(result).status(),
      absl::InternalError("the server sent 8 bytes for a vector of 3 numbers"));
  result.set_dimensions(-2);
  EXPECT_FALSE(DecodeVector(result).ok());
  result.mutable_vector()->pop_back();
  result.set_dimensions(1);
  EXPECT_FALSE(DecodeVector(result).ok());
  EXPECT_FALSE(DecodeVector(Result({})).ok());
  for (const float bad : {std::numeric_limits<float>::infinity(), NAN}) {
    EXPECT_EQ(DecodeVector(Result({1.0f, bad})).status().code(),
              absl::StatusCode::kInternal);
  }
}

TEST(DecodeVector, PassesTheResultsOwnErrorOn) {
  v1::EmbedResult result;
  result.mutable_status()->set_code(3);
  result.mutable_status()->set_message("too long");
  EXPECT_EQ(DecodeVector(result).status(),
            absl::InvalidArgumentError("too long"));
}

TEST(FormatVectorText, ShowsTheFirstNumbers) {
  v1::EmbedResult result = Result({});
  EXPECT_EQ(FormatVectorText(result, {0.5f, -0.25f}),
            "2 dimensions: 0.5000 -0.2500 (7 tokens)");
  result.set_truncated(true);
  result.set_tokens(1);
  EXPECT_EQ(FormatVectorText(result, std::vector<float>(384, 1.0f)),
            "384 dimensions: 1.0000 1.0000 1.0000 1.0000 1.0000 1.0000 ... "
            "(1 token, truncated)");
  EXPECT_EQ(FormatVectorText(result, {1.0f}),
            "1 dimension: 1.0000 (1 token, truncated)");
}

TEST(FormatVectorJson, HasAllNumbersInFull) {
  const std::vector<float> vector = {1.0f / 3, -1e-20f, 16777217.0f, 0.0f};
  const v1::EmbedResult result = Result(vector);
  const auto json = FormatVectorJson(
      {.number = 2, .text = "a\tb", .model = "m", .result = result}, vector);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(*json, R"({"line":2,"text":"a\tb","model":"m",)"
                   R"("status":{"code":0,"message":"","details":[]},)"
                   R"("vector":[0.33333334,-1e-20,16777216,0],)"
                   R"("tokens":7,"truncated":false})");
}

TEST(FormatVectorJson, CarriesTheStatusOfAFailure) {
  v1::EmbedResult result;
  result.mutable_status()->set_code(3);
  result.mutable_status()->set_message("not UTF-8");
  result.mutable_status()->add_details()->set_type_url("unknown/Type");
  const auto json = FormatVectorJson(
      {.number = 1, .text = "a\xff", .model = "", .result = result}, {});
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_THAT(*json, HasSubstr("\"text\":\"a\uFFFD\""));
  EXPECT_THAT(*json, HasSubstr("\"code\":3,\"message\":\"not UTF-8\""));
  EXPECT_THAT(*json, HasSubstr("\"vector\":[],"));
}

}  // namespace
}  // namespace parley::client
