#include "server/flags.h"

#include <map>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

class FlagSetTest : public ::testing::Test {
 protected:
  FlagSetTest() {
    flags_.AddGroup("First");
    flags_.AddString({"text", "TEXT", "Some text."}, &text_);
    flags_.AddInt({"count", "N", "A count."}, {1, 9}, &count_);
    flags_.AddDuration({"delay", "TIME", "A delay."},
                       {absl::Seconds(1), absl::Hours(1)}, &delay_);
    flags_.AddGroup("Second");
    flags_.AddBool({"fast", "true|false", "Whether fast."}, &fast_);
    flags_.AddCustom({"even", "N", "An even number."}, "2",
                     [this](absl::string_view text) {
                       if (text != "4") {
                         return absl::InvalidArgumentError("expected 4");
                       }
                       even_ = 4;
                       return absl::OkStatus();
                     });
  }

  absl::Status Parse(std::vector<const char*> arguments) {
    return flags_.ParseArguments(arguments);
  }

  absl::Status ParseVariables(
      const std::map<std::string, std::string>& variables) {
    return flags_.ParseEnvironment(
        "X_", [&](const std::string& name) -> std::optional<std::string> {
          const auto it = variables.find(name);
          if (it == variables.end()) return std::nullopt;
          return it->second;
        });
  }

  void ExpectRefused(std::vector<const char*> arguments,
                     const std::string& part) {
    const absl::Status status = Parse(std::move(arguments));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(part));
  }

  std::string text_ = "default";
  int count_ = 5;
  absl::Duration delay_ = absl::Seconds(90);
  bool fast_ = false;
  int even_ = 2;
  FlagSet flags_;
};

TEST_F(FlagSetTest, NothingChangesWithoutArguments) {
  EXPECT_TRUE(Parse({}).ok());
  EXPECT_EQ(text_, "default");
  EXPECT_EQ(count_, 5);
}

TEST_F(FlagSetTest, TakesAllForms) {
  ASSERT_TRUE(Parse({"--text=a=b", "--count", "7", "-fast", "--even=4"}).ok());
  EXPECT_EQ(text_, "a=b");
  EXPECT_EQ(count_, 7);
  EXPECT_TRUE(fast_);
  EXPECT_EQ(even_, 4);
  ASSERT_TRUE(Parse({"--nofast", "--text="}).ok());
  EXPECT_FALSE(fast_);
  EXPECT_EQ(text_, "");
  ASSERT_TRUE(Parse({"--fast=false", "--fast=1", "--count=1"}).ok());
  EXPECT_TRUE(fast_);
  EXPECT_EQ(count_, 1);
}

TEST_F(FlagSetTest, NamesWhatIsWrong) {
  ExpectRefused({"--other=1"}, "unknown flag --other;");
  ExpectRefused({"--other"}, "unknown flag --other;");
  ExpectRefused({"--notext"}, "unknown flag --notext;");
  ExpectRefused({"--nofast=true"}, "unknown flag --nofast;");
  ExpectRefused({"--"}, "unknown flag --;");
  ExpectRefused({"file"}, "\"file\"");
  ExpectRefused({"--count"}, "--count needs a value: --count=N");
  for (const char* bad : {"--count=0", "--count=10", "--count=x", "--count=",
                          "--count=5.0", "--count=99999999999999999999"}) {
    ExpectRefused({bad}, bad);
    ExpectRefused({bad}, "from 1 to 9");
  }
  EXPECT_EQ(count_, 5);
  ExpectRefused({"--fast=maybe"}, "expected true or false");
  ExpectRefused({"--even=3"}, "--even=3: expected 4");
}

TEST_F(FlagSetTest, TakesDurations) {
  EXPECT_THAT(flags_.Help(), HasSubstr("--delay=TIME  (default: 1m30s)"));
  ASSERT_TRUE(Parse({"--delay=2500ms"}).ok());
  EXPECT_EQ(delay_, absl::Milliseconds(2500));
  for (const char* bad :
       {"--delay=5", "--delay=", "--delay=soon", "--delay=999ms", "--delay=61m",
        "--delay=inf", "--delay=-2s"}) {
    ExpectRefused({bad}, bad);
    ExpectRefused({bad}, "such as 30s, 1m30s or 500ms, from 1s to 1h");
  }
  EXPECT_EQ(delay_, absl::Milliseconds(2500));
}

TEST_F(FlagSetTest, ReadsTheEnvironment) {
  ASSERT_TRUE(ParseVariables({{"X_TEXT", "from outside"},
                              {"X_COUNT", "9"},
                              {"X_FAST", "true"},
                              {"X_EVEN", ""},
                              {"X_OTHER", "not ours"}})
                  .ok());
  EXPECT_EQ(text_, "from outside");
  EXPECT_EQ(count_, 9);
  EXPECT_TRUE(fast_);
  EXPECT_EQ(even_, 2);
  const absl::Status status = ParseVariables({{"X_COUNT", "10"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("X_COUNT=10"));
}

TEST_F(FlagSetTest, HelpIsGroupedAndFitsATerminal) {
  std::string long_help;
  for (int i = 0; i < 40; ++i) long_help += "words and ";
  flags_.AddString({"long", "TEXT", long_help + "end."}, &text_);
  const std::string help = flags_.Help();
  EXPECT_THAT(help, HasSubstr("\nFirst:\n  --text=TEXT  (default: default)\n"
                              "      Some text.\n  --count=N"));
  EXPECT_THAT(help, HasSubstr("\nSecond:\n  --fast=true|false"));
  EXPECT_THAT(help, HasSubstr("end.\n"));
  for (const auto& line : absl::StrSplit(help, '\n')) {
    EXPECT_LE(line.size(), 80) << line;
  }
}

}  // namespace
}  // namespace parley
