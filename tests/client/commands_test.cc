#include "client/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/client/command_run.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Ran RunArgs(const std::vector<std::string>& args) {
  return RunCommand(&RunParley, "127.0.0.1:1", args);
}

TEST(RunParley, HelpTeaches) {
  for (const char* help : {"help", "--help", "-h"}) {
    const Ran ran = RunArgs({help});
    EXPECT_EQ(ran.exit_code, 0);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("translate"), HasSubstr("models"),
                               HasSubstr("health"), HasSubstr("Examples:")));
  }
}

TEST(RunParley, EachCommandHasItsHelp) {
  for (const std::string command :
       {"translate", "embed", "similarity", "rerank", "classify", "fill-mask",
        "models", "health"}) {
    EXPECT_THAT(RunArgs({"help"}).out, HasSubstr("\n  " + command + " "));
    const Ran ran = RunArgs({"help", command});
    EXPECT_EQ(ran.exit_code, 0);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("Usage: parley " + command),
                               HasSubstr("Examples:"), HasSubstr("--server=")));
    EXPECT_EQ(RunArgs({command, "--help"}).out, ran.out);
  }
}

TEST(RunParley, WithoutACommandItIsWrongUsage) {
  const Ran ran = RunArgs({});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("Usage:"));
}

TEST(RunParley, UnknownCommandsAreNamed) {
  EXPECT_EQ(RunArgs({"translat"}).exit_code, 2);
  EXPECT_THAT(RunArgs({"translat"}).err,
              AllOf(HasSubstr("\"translat\""), HasSubstr("fill-mask, models")));
  EXPECT_EQ(RunArgs({"help", "nothing"}).exit_code, 2);
}

TEST(RunParley, RunsTheCommand) {
  FakeServer server;
  const Ran ran = RunCommand(&RunParley, server.address(), {"health"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "SERVING\n");
}

}  // namespace
}  // namespace parley::client
