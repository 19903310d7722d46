#include "base/log_event.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

constexpr char kTimePattern[] =
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z";

class LogEventTest : public testing::Test {
 protected:
  ~LogEventTest() override {
    SetMinLogSeverity(LogSeverity::kInfo);
    SetLogFormat(LogFormat::kText);
  }

  // The one line that `write` writes.
  template <typename Write>
  static std::string LineOf(const Write& write) {
    testing::internal::CaptureStderr();
    write();
    const std::vector<std::string> lines =
        absl::StrSplit(testing::internal::GetCapturedStderr(), '\n');
    EXPECT_EQ(lines.size(), 2);
    return lines[0];
  }

  template <typename Write>
  static nlohmann::json JsonOf(const Write& write) {
    const std::string line = LineOf(write);
    auto parsed = nlohmann::json::parse(line, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << line;
    return parsed;
  }
};

TEST_F(LogEventTest, TextHasFieldsAfterTheMessage) {
  const std::string line = LineOf([] {
    LogEvent(
        LogSeverity::kInfo, "call",
        {{"method", "Translate"}, {"texts", 3}, {"seconds", 0.25}, {"id", ""}});
  });
  EXPECT_THAT(line, MatchesRegex(std::string(kTimePattern) +
                                 " I call method=Translate texts=3 "
                                 "seconds=0.25 id=\"\""));
}

TEST_F(LogEventTest, TextQuotesWhatIsNotOneWord) {
  const std::string line = LineOf([] {
    LogEvent(LogSeverity::kError, "m", {{"a", "x y"}, {"b", "1\n2=\"3\""}});
  });
  EXPECT_THAT(line, EndsWith(R"( E m a="x y" b="1\n2=\"3\"")"));
}

TEST_F(LogEventTest, JsonIsOneObjectALine) {
  SetLogFormat(LogFormat::kJson);
  const nlohmann::json line = JsonOf([] {
    LogEvent(LogSeverity::kWarning, "call",
             {{"method", "Translate"}, {"texts", 3}, {"seconds", 0.25}});
  });
  EXPECT_THAT(line["time"].get<std::string>(), MatchesRegex(kTimePattern));
  EXPECT_EQ(line["severity"], "WARNING");
  EXPECT_EQ(line["message"], "call");
  EXPECT_EQ(line["method"], "Translate");
  EXPECT_EQ(line["texts"], 3);
  EXPECT_EQ(line["seconds"], 0.25);
  EXPECT_EQ(line.size(), 6);
}

TEST_F(LogEventTest, LinesOfTheLogAreJsonToo) {
  SetLogFormat(LogFormat::kJson);
  const nlohmann::json line =
      JsonOf([] { PARLEY_LOG(kError) << "cannot open \"a b\""; });
  EXPECT_EQ(line["severity"], "ERROR");
  EXPECT_EQ(line["message"], "cannot open \"a b\"");
  EXPECT_THAT(line["source"].get<std::string>(),
              MatchesRegex("log_event_test\\.cc:[0-9]+"));
}

TEST_F(LogEventTest, JsonTakesAnyBytes) {
  SetLogFormat(LogFormat::kJson);
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  const nlohmann::json line = JsonOf([&all] {
    LogEvent(LogSeverity::kInfo, all, {{"bad", "a\xff\xc3"}, {"good", "ü"}});
  });
  EXPECT_EQ(line["message"], all);
  EXPECT_EQ(line["bad"], "a\uFFFD\uFFFD");
  EXPECT_EQ(line["good"], "ü");
}

TEST_F(LogEventTest, JsonHasNumbersThatJsonKnows) {
  SetLogFormat(LogFormat::kJson);
  const nlohmann::json line = JsonOf([] {
    LogEvent(LogSeverity::kInfo, "m",
             {{"inf", std::numeric_limits<double>::infinity()},
              {"small", 1e-9},
              {"large", std::numeric_limits<int64_t>::max()}});
  });
  EXPECT_TRUE(line["inf"].is_null());
  EXPECT_EQ(line["small"], 1e-9);
  EXPECT_EQ(line["large"], std::numeric_limits<int64_t>::max());
}

TEST_F(LogEventTest, EventsBelowTheMinimumAreDropped) {
  SetMinLogSeverity(LogSeverity::kWarning);
  testing::internal::CaptureStderr();
  LogEvent(LogSeverity::kInfo, "quiet", {});
  EXPECT_THAT(testing::internal::GetCapturedStderr(), IsEmpty());
}

}  // namespace
}  // namespace parley
