#include "tools/local/convert_command.h"

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/command_run.h"
#include "tests/temp_folder.h"

namespace parley::tools {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

client::Ran Convert(const std::vector<std::string>& args) {
  return client::RunCommand(&RunConvert, "", args);
}

TEST(RunConvertTest, ConvertsAndSaysHowLargeItIs) {
  const TempFolder folder;
  const std::string out = folder.path() + "/demo-int8";
  const client::Ran ran = Convert({"models/demo", out, "--compute_type=int8"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, AllOf(HasSubstr(out + ": int8 in "),
                             HasSubstr("weights   13.1 MB of F16 -> "),
                             HasSubstr("of the 26.1 MB that f32 takes"),
                             HasSubstr("left out  model.safetensors")));
  EXPECT_TRUE(fs::exists(out + "/model.safetensors"));
}

TEST(RunConvertTest, ReplacesOnlyByForce) {
  const TempFolder folder;
  const std::string out = folder.path() + "/out";
  EXPECT_EQ(Convert({"models/demo", out, "--compute_type=int8"}).exit_code, 0);
  const client::Ran again =
      Convert({"models/demo", out, "--compute_type=int8"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_EQ(again.out, "");
  EXPECT_THAT(again.err, HasSubstr("is there already; --force replaces it"));
  EXPECT_EQ(
      Convert({"--force", "models/demo", out, "--compute_type=int8"}).exit_code,
      0);
}

TEST(RunConvertTest, ShowsProgressOnATerminal) {
  const TempFolder folder;
  std::ostringstream out;
  std::ostringstream err;
  const client::CommandContext context = {
      .out = out, .err = err, .error_is_terminal = true};
  EXPECT_EQ(
      RunConvert(context,
                 std::vector<std::string>{"models/demo", folder.path() + "/out",
                                          "--compute_type=int8"}),
      0);
  EXPECT_THAT(err.str(), HasSubstr("%"));
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
}

TEST(RunConvertTest, SaysWhatIsWrong) {
  const TempFolder folder;
  const client::Ran none = Convert(
      {folder.path() + "/none", folder.path() + "/out", "--compute_type=int8"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("/none is not a directory"));
  EXPECT_EQ(
      Convert({"models/demo", "models/demo", "--compute_type=int8"}).exit_code,
      1);
}

TEST(RunConvertTest, WrongUsage) {
  EXPECT_EQ(Convert({}).exit_code, 2);
  EXPECT_EQ(Convert({"models/demo", "--compute_type=int8"}).exit_code, 2);
  EXPECT_EQ(Convert({"models/demo", "", "--compute_type=int8"}).exit_code, 2);
  EXPECT_EQ(Convert({"a", "b", "c", "--compute_type=int8"}).exit_code, 2);
  const client::Ran no_type = Convert({"models/demo", "/tmp/x"});
  EXPECT_EQ(no_type.exit_code, 2);
  EXPECT_THAT(no_type.err, HasSubstr("wants --compute_type=int8 or bf16"));
  EXPECT_EQ(Convert({"models/demo", "/tmp/x", "--compute_type=f32"}).exit_code,
            2);
}

}  // namespace
}  // namespace parley::tools
