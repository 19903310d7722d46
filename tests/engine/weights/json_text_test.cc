#include "engine/weights/json_text.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(JsonTextTest, Utf8WithoutNulPasses) {
  EXPECT_TRUE(CheckJsonText("").ok());
  EXPECT_TRUE(CheckJsonText("{\"\xC3\xA4\": 1}").ok());
}

TEST(JsonTextTest, OtherBytesAreRefusedWithTheirPlace) {
  EXPECT_EQ(CheckJsonText("ab\xff"),
            absl::InvalidArgumentError("not UTF-8 at byte 2"));
  EXPECT_EQ(CheckJsonText("\xED\xA0\x80"),
            absl::InvalidArgumentError("not UTF-8 at byte 0"));
}

TEST(JsonTextTest, NulIsRefusedSinceTheLibraryWouldStopThere) {
  EXPECT_EQ(CheckJsonText(absl::string_view("{}\0x", 4)),
            absl::InvalidArgumentError("not JSON at byte 2: a NUL character"));
}

TEST(JsonTextTest, SyntaxMessageDropsTheLibrarysPrefixAndIsCut) {
  EXPECT_EQ(JsonSyntaxMessage(3, "[x.101] parse error at line 1: bad\n"),
            "not JSON at byte 3: \"bad\\n\"");
  EXPECT_LT(JsonSyntaxMessage(3, std::string(5000, 'x')).size(), 200u);
}

}  // namespace
}  // namespace parley
