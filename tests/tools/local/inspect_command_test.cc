#include "tools/local/inspect_command.h"

#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/client/command_run.h"

namespace parley::tools {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

client::Ran Inspect(const std::vector<std::string>& args) {
  return client::RunCommand(&RunInspect, "", args);
}

TEST(RunInspectTest, PrintsLinesForPeople) {
  const client::Ran ran = Inspect({"models/demo"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("MarianMTModel\n"), HasSubstr("en-de de-en"),
                    Not(HasSubstr("final_logits_bias"))));
  EXPECT_THAT(Inspect({"--tensors", "models/demo"}).out,
              HasSubstr("\n  final_logits_bias "));
}

TEST(RunInspectTest, PrintsALineOfJson) {
  const client::Ran ran = Inspect({"--output=json", "models/demo"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out.find('\n'), ran.out.size() - 1);
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json.at("num_parameters"), 6534980);
  EXPECT_EQ(json.at("compute_type"), "f32");
}

TEST(RunInspectTest, ShowsProgressOnATerminal) {
  std::ostringstream out;
  std::ostringstream err;
  const client::CommandContext context = {
      .out = out, .err = err, .error_is_terminal = true};
  EXPECT_EQ(RunInspect(context, std::vector<std::string>{"models/demo"}), 0);
  EXPECT_THAT(err.str(), HasSubstr("reading configuration"));
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
}

TEST(RunInspectTest, SaysWhatIsWrong) {
  const client::Ran none = Inspect({"models/none"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_EQ(none.out, "");
  EXPECT_THAT(none.err, HasSubstr("models/none is not a directory"));
  EXPECT_THAT(Inspect({"docs"}).err, HasSubstr("docs/config.json"));
}

TEST(RunInspectTest, WrongUsage) {
  EXPECT_EQ(Inspect({}).exit_code, 2);
  EXPECT_EQ(Inspect({"a", "b"}).exit_code, 2);
  EXPECT_EQ(Inspect({"--output=xml", "models/demo"}).exit_code, 2);
  EXPECT_THAT(Inspect({}).err, HasSubstr("See: parley inspect --help"));
}

}  // namespace
}  // namespace parley::tools
