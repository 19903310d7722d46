#include "server/rpc/trace_context.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::MatchesRegex;

constexpr char kTraceId[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kSpanId[] = "b7ad6b7169203331";

std::string Header(const std::string& version, const std::string& flags) {
  return absl::StrCat(version, "-", kTraceId, "-", kSpanId, "-", flags);
}

TEST(ParseTraceparentTest, ReadsTheSpecificationsExample) {
  const auto context = ParseTraceparent(Header("00", "01"));
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->trace_id, kTraceId);
  EXPECT_EQ(context->span_id, kSpanId);
  EXPECT_TRUE(context->is_sampled);
  EXPECT_FALSE(ParseTraceparent(Header("00", "00"))->is_sampled);
  // Flags that are not known yet.
  EXPECT_FALSE(ParseTraceparent(Header("00", "f2"))->is_sampled);
  EXPECT_TRUE(ParseTraceparent(Header("00", "ff"))->is_sampled);
}

TEST(ParseTraceparentTest, LaterVersionsMayHaveMoreFields) {
  EXPECT_TRUE(ParseTraceparent(Header("01", "01")).has_value());
  EXPECT_TRUE(ParseTraceparent(Header("cc", "01-what-ever")).has_value());
  EXPECT_TRUE(ParseTraceparent(Header("cc", "01-")).has_value());
  EXPECT_FALSE(ParseTraceparent(Header("cc", "01.what")).has_value());
  EXPECT_FALSE(ParseTraceparent(Header("cc", "011")).has_value());
  EXPECT_FALSE(ParseTraceparent(Header("ff", "01")).has_value());
}

TEST(ParseTraceparentTest, RefusesWhatIsNotValid) {
  const std::string good = Header("00", "01");
  for (size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(ParseTraceparent(good.substr(0, i)).has_value()) << i;
    std::string bad = good;
    bad[i] = 'G';  // Neither a digit nor a dash.
    EXPECT_FALSE(ParseTraceparent(bad).has_value()) << bad;
    bad[i] = 'A';  // Capitals are not allowed, either.
    EXPECT_FALSE(ParseTraceparent(bad).has_value()) << bad;
  }
  EXPECT_FALSE(ParseTraceparent(good + "-").has_value());
  EXPECT_FALSE(ParseTraceparent(good + "0").has_value());
  EXPECT_FALSE(ParseTraceparent(" " + good).has_value());
  EXPECT_FALSE(ParseTraceparent(std::string(1000, '0')).has_value());
  EXPECT_FALSE(ParseTraceparent(std::string(55, '\0')).has_value());
}

TEST(ParseTraceparentTest, RefusesIdsOfZeros) {
  EXPECT_FALSE(ParseTraceparent(absl::StrCat("00-", std::string(32, '0'), "-",
                                             kSpanId, "-01"))
                   .has_value());
  EXPECT_FALSE(ParseTraceparent(absl::StrCat("00-", kTraceId, "-",
                                             std::string(16, '0'), "-01"))
                   .has_value());
}

TEST(StartSpanTest, KeepsTheTrace) {
  const auto parent = ParseTraceparent(Header("01", "01"));
  const TraceContext child = StartSpan(*parent);
  EXPECT_EQ(child.trace_id, kTraceId);
  EXPECT_NE(child.span_id, kSpanId);
  EXPECT_THAT(ToTraceparent(child),
              MatchesRegex(absl::StrCat("00-", kTraceId, "-[0-9a-f]{16}-01")));
  EXPECT_EQ(ParseTraceparent(ToTraceparent(child))->span_id, child.span_id);
}

}  // namespace
}  // namespace parley
