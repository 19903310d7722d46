#include "client/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/command_line.h"
#include "tests/client/command_run.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

int RunWithoutLocal(const CommandContext& context,
                    absl::Span<const std::string> args) {
  return RunParley(context, args, {});
}

int RunWithLocal(const CommandContext& context,
                 absl::Span<const std::string> args) {
  const Command local[] = {
      {"count", "Counts its arguments",
       [](const CommandContext& context, absl::Span<const std::string> args) {
         context.out << args.size() << (AsksForHelp(args) ? " help\n" : "\n");
         return 7;
       }}};
  return RunParley(context, args, local);
}

Ran RunArgs(const std::vector<std::string>& args) {
  return RunCommand(&RunWithoutLocal, "127.0.0.1:1", args);
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
    EXPECT_THAT(ran.out, Not(ContainsRegex("[^\n]{81}")));
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
  const Ran ran = RunCommand(&RunWithoutLocal, server.address(), {"health"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "SERVING\n");
}

TEST(RunParley, RunsLocalCommands) {
  const auto run = [](const std::vector<std::string>& args) {
    return RunCommand(&RunWithLocal, "127.0.0.1:1", args);
  };
  EXPECT_EQ(run({"count", "a", "b"}).out, "2\n");
  EXPECT_EQ(run({"count", "a", "b"}).exit_code, 7);
  EXPECT_EQ(run({"help", "count"}).out, "1 help\n");
  EXPECT_THAT(run({"help"}).out,
              AllOf(HasSubstr("without a server:\n  count  "),
                    HasSubstr("  Counts its arguments\n")));
  EXPECT_THAT(run({"cuont"}).err, HasSubstr("health, count, help\n"));
  // Without any, nothing is said of them.
  EXPECT_THAT(RunArgs({"help"}).out, Not(HasSubstr("without a server")));
}

}  // namespace
}  // namespace parley::client
