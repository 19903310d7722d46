#include "tools/local/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/command_run.h"

namespace parley::tools {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

int RunAll(const client::CommandContext& context,
           absl::Span<const std::string> args) {
  return client::RunParley(context, args, LocalCommands());
}

TEST(LocalCommands, EachHasItsHelp) {
  const client::Ran help = client::RunCommand(&RunAll, "", {"help"});
  for (const client::Command& command : LocalCommands()) {
    const std::string name(command.name);
    EXPECT_THAT(help.out, HasSubstr("\n  " + name + " "));
    const client::Ran ran = client::RunCommand(&RunAll, "", {name, "--help"});
    EXPECT_EQ(ran.exit_code, 0) << name;
    EXPECT_THAT(ran.out, AllOf(HasSubstr("Usage: parley " + name),
                               HasSubstr("Examples:")));
    EXPECT_EQ(ran.err, "");
  }
}

}  // namespace
}  // namespace parley::tools
