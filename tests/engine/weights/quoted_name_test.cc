#include "engine/weights/quoted_name.h"

#include <string>

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(QuotedNameTest, PlainNamesAndOtherScriptsStay) {
  EXPECT_EQ(QuotedName(""), "\"\"");
  EXPECT_EQ(QuotedName("encoder.layers.0"), "\"encoder.layers.0\"");
  EXPECT_EQ(QuotedName("gr\xC3\xBC\xC3\x9F"), "\"gr\xC3\xBC\xC3\x9F\"");
}

TEST(QuotedNameTest, CannotForgeALineOrCloseItsQuotes) {
  EXPECT_EQ(QuotedName("a\nb\"c\x01"), "\"a\\nb\\\"c\\x01\"");
  EXPECT_EQ(QuotedName("a\xff"), "\"a\xEF\xBF\xBD\"");
}

TEST(QuotedNameTest, IsCutAfter120Bytes) {
  EXPECT_EQ(QuotedName(std::string(120, 'x')),
            "\"" + std::string(120, 'x') + "\"");
  EXPECT_EQ(QuotedName(std::string(5000, 'x')),
            "\"" + std::string(120, 'x') + "...\"");
}

}  // namespace
}  // namespace parley
