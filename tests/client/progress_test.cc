#include "client/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>

namespace parley::client {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(RenderProgress, ShowsLinesRateAndRest) {
  EXPECT_EQ(
      RenderProgress(
          {.lines_done = 120, .fraction = 0.5, .elapsed = absl::Seconds(60)}),
      "[============>           ]  50%  120 lines  2.0 lines/s"
      "  ETA 1:00");
}

TEST(RenderProgress, WithoutATotalThereIsNoBarAndNoRest) {
  EXPECT_EQ(RenderProgress({.lines_done = 1,
                            .fraction = std::nullopt,
                            .elapsed = absl::Seconds(2)}),
            "1 line  0.5 lines/s");
}

TEST(RenderProgress, CountsHoursAndStaysInItsBar) {
  EXPECT_THAT(
      RenderProgress(
          {.lines_done = 1, .fraction = 0.5, .elapsed = absl::Seconds(3723)}),
      HasSubstr("ETA 1:02:03"));
  EXPECT_THAT(
      RenderProgress(
          {.lines_done = 9, .fraction = 1.7, .elapsed = absl::Seconds(3)}),
      HasSubstr("[========================] 100%"));
  EXPECT_EQ(
      RenderProgress(
          {.lines_done = 0, .fraction = 0.0, .elapsed = absl::ZeroDuration()}),
      "[>                       ]   0%  0 lines");
}

TEST(ProgressLine, DrawsOverItselfAndLeavesNothing) {
  std::ostringstream terminal;
  {
    ProgressLine progress(&terminal, /*total=*/4);
    progress.Advance(2);
    EXPECT_THAT(terminal.str(), HasSubstr("50%"));
  }
  EXPECT_THAT(terminal.str(), EndsWith("\r\x1b[K"));
}

TEST(ProgressLine, ClearsBeforeSomethingElseAndComesBack) {
  std::ostringstream terminal;
  ProgressLine progress(&terminal, 4);
  progress.Advance(1);
  progress.Clear();
  terminal.str("");
  progress.Clear();
  EXPECT_EQ(terminal.str(), "");
  progress.Advance(1);
  EXPECT_THAT(terminal.str(), HasSubstr("50%"));
}

TEST(ProgressLine, NoTerminalIsFine) {
  ProgressLine progress(nullptr, std::nullopt);
  progress.Advance(1);
  progress.Clear();
}

}  // namespace
}  // namespace parley::client
