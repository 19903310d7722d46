#include "tools/local/stage_progress.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::tools {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RenderStageTest, FillsItsBar) {
  EXPECT_EQ(RenderStage("packing", 0),
            "packing                [>                       ]   0%");
  EXPECT_EQ(RenderStage("packing", 0.5),
            "packing                [============>           ]  50%");
  EXPECT_EQ(RenderStage("packing", 1),
            "packing                [========================] 100%");
  EXPECT_EQ(RenderStage("packing", 7), RenderStage("packing", 1));
  EXPECT_EQ(RenderStage("packing", -7), RenderStage("packing", 0));
}

TEST(StageProgressTest, DrawsAndLeavesAnEmptyLine) {
  std::ostringstream terminal;
  {
    StageProgress progress(&terminal);
    progress.Show("reading", 0.25);
    EXPECT_THAT(terminal.str(), HasSubstr("reading"));
    EXPECT_THAT(terminal.str(), Not(HasSubstr("\n")));
  }
  EXPECT_THAT(terminal.str(), EndsWith("\r\x1b[K"));
}

TEST(StageProgressTest, DrawsAgainAfterClear) {
  std::ostringstream terminal;
  StageProgress progress(&terminal);
  progress.Clear();
  EXPECT_EQ(terminal.str(), "");
  progress.Show("one", 0.1);
  progress.Clear();
  progress.Show("two", 0.2);
  EXPECT_THAT(terminal.str(), HasSubstr("two"));
}

TEST(StageProgressTest, WithoutATerminalItDrawsNothing) {
  StageProgress progress(nullptr);
  progress.Show("reading", 0.25);
  progress.Clear();
}

}  // namespace
}  // namespace parley::tools
