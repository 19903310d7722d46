#include "client/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One flag of each kind.
struct Values {
  std::string name = "unset";
  bool loud = false;
  std::optional<bool> bright;
  std::string title;
  std::optional<std::string> subtitle;
  absl::Duration time = absl::Seconds(1);
  int count = 5;
  std::optional<int32_t> beams;
  std::optional<uint64_t> seed;
  std::optional<float> penalty;
  int color = 0;

  std::vector<Flag> Flags() {
    return {
        StringFlag({"name", "NAME", "A name."}, &name),
        SwitchFlag({"loud", "", "Loud."}, &loud),
        OptionalSwitchFlag({"bright", "", "Bright."}, &bright),
        TextFlag({"title", "TEXT", "A title."}, &title),
        OptionalTextFlag({"subtitle", "TEXT", "Another."}, &subtitle),
        DurationFlag({"time", "TIME", "A time."}, &time),
        IntFlag({"count", "N", "A count."}, {1, 10}, &count),
        OptionalIntFlag({"beams", "N", "Beams."}, &beams),
        OptionalUnsignedFlag({"seed", "N", "A seed."}, &seed),
        OptionalFloatFlag({"penalty", "X", "A penalty."}, &penalty),
        ChoiceFlag({"color", "red|blue", "A color."}, {{"red", 1}, {"blue", 2}},
                   &color),
    };
  }
  absl::StatusOr<std::vector<std::string>> Parse(
      const std::vector<std::string>& args) {
    return ParseFlags(Flags(), args);
  }
};

TEST(ParseFlags, TakesBothFormsAndKeepsTheRestInOrder) {
  Values values;
  const auto rest =
      values.Parse({"one", "--name=x=y", "--loud", "two", "--count", "7",
                    "--beams=-3", "--penalty", "-0.5", "-", "--color=blue"});
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_THAT(*rest, ElementsAre("one", "two", "-"));
  EXPECT_EQ(values.name, "x=y");
  EXPECT_TRUE(values.loud);
  EXPECT_EQ(values.count, 7);
  EXPECT_EQ(values.beams, -3);
  EXPECT_EQ(values.penalty, -0.5f);
  EXPECT_EQ(values.color, 2);
}

TEST(ParseFlags, LeavesAloneWhatIsNotGiven) {
  Values values;
  ASSERT_TRUE(values.Parse({}).ok());
  EXPECT_EQ(values.name, "unset");
  EXPECT_EQ(values.count, 5);
  EXPECT_EQ(values.beams, std::nullopt);
}

TEST(ParseFlags, TwoDashesEndTheFlags) {
  Values values;
  const auto rest = values.Parse({"--loud=false", "--", "--name=x", "-y"});
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_THAT(*rest, ElementsAre("--name=x", "-y"));
  EXPECT_FALSE(values.loud);
}

TEST(ParseFlags, SwitchesAreTurnedOffByNo) {
  Values values;
  ASSERT_TRUE(values.Parse({"--loud", "--noloud", "--nobright"}).ok());
  EXPECT_FALSE(values.loud);
  EXPECT_EQ(values.bright, false);
  ASSERT_TRUE(values.Parse({"--bright"}).ok());
  EXPECT_EQ(values.bright, true);
  // Other flags are not, nor is there anything to say beside it.
  EXPECT_FALSE(values.Parse({"--nocount"}).ok());
  EXPECT_FALSE(values.Parse({"--noloud=true"}).ok());
}

TEST(ParseFlags, TextsAreUtf8) {
  Values values;
  ASSERT_TRUE(values.Parse({"--name=\xff"}).ok());
  ASSERT_TRUE(values.Parse({"--title=ü", "--subtitle="}).ok());
  EXPECT_EQ(values.title, "ü");
  EXPECT_EQ(values.subtitle, "");
  for (const std::string flag : {"--title", "--subtitle"}) {
    EXPECT_THAT(values.Parse({flag + "=a\xff"}).status().message(),
                HasSubstr(flag + " wants UTF-8"));
  }
}

TEST(ParseFlags, ReadsTimes) {
  Values values;
  const auto time = [&](const std::string& text) {
    const auto rest = values.Parse({"--time=" + text});
    return rest.ok() ? values.time : absl::ZeroDuration();
  };
  EXPECT_EQ(time("1m30s"), absl::Seconds(90));
  EXPECT_EQ(time("2.5"), absl::Milliseconds(2500));
  EXPECT_EQ(time("500ms"), absl::Milliseconds(500));
  for (const char* wrong : {"", "0", "-1s", "soon", "nan", "inf", "1e30"}) {
    EXPECT_EQ(time(wrong), absl::ZeroDuration()) << wrong;
  }
}

TEST(ParseFlags, UnsignedNumbersReachTheGreatest) {
  Values values;
  ASSERT_TRUE(values.Parse({"--seed=18446744073709551615"}).ok());
  EXPECT_EQ(values.seed, ~uint64_t{0});
  for (const std::string wrong : {"-1", "18446744073709551616", "1.5", ""}) {
    EXPECT_THAT(values.Parse({"--seed=" + wrong}).status().message(),
                HasSubstr("--seed wants a whole number that is not negative"));
  }
}

TEST(ParseFlags, NamesWhatIsWrong) {
  const auto message = [](const std::vector<std::string>& args) {
    Values values;
    return std::string(values.Parse(args).status().message());
  };
  EXPECT_THAT(message({"--nme=x"}), HasSubstr("unknown flag --nme"));
  EXPECT_THAT(message({"-name=x"}), HasSubstr("unknown flag -name"));
  EXPECT_THAT(message({"--name"}), HasSubstr("--name wants a value"));
  EXPECT_THAT(
      message({"--count=11"}),
      HasSubstr("--count wants a whole number from 1 to 10, not \"11\""));
  EXPECT_THAT(message({"--beams=99999999999"}), HasSubstr("--beams"));
  EXPECT_THAT(message({"--penalty=inf"}), HasSubstr("--penalty"));
  EXPECT_THAT(message({"--color=green"}), HasSubstr("red, blue"));
  EXPECT_THAT(message({"--loud=perhaps"}), HasSubstr("true or false"));
}

TEST(AsksForHelp, OnlyAmongTheFlags) {
  EXPECT_TRUE(AsksForHelp(std::vector<std::string>{"a", "--help"}));
  EXPECT_TRUE(AsksForHelp(std::vector<std::string>{"-h"}));
  EXPECT_FALSE(AsksForHelp(std::vector<std::string>{"--", "--help"}));
}

TEST(DescribeFlags, ShowsEachWithinEightyColumns) {
  std::string target;
  const std::vector<Flag> flags = {
      StringFlag({"long", "TEXT",
                  "A help text with so many words that it does not fit on one "
                  "line of a terminal."},
                 &target)};
  EXPECT_EQ(DescribeFlags(flags),
            "  --long=TEXT\n"
            "      A help text with so many words that it does not fit on one "
            "line of a\n"
            "      terminal.\n");
}

}  // namespace
}  // namespace parley::client
