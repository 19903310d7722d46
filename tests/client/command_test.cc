#include "client/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace parley::client {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Failure(const absl::Status& status,
                    ServerPort port = ServerPort::kCalls) {
  std::ostringstream out, err;
  const CommandContext context = {.out = out, .err = err};
  const ConnectionFlags connection = {
      .server = "there:1", .timeout = absl::Seconds(7), .port = port};
  EXPECT_EQ(ReportFailure(context, connection, status), kExitFailure);
  EXPECT_EQ(out.str(), "");
  return err.str();
}

TEST(ReportFailure, SaysWhatCanBeDone) {
  EXPECT_THAT(Failure(absl::UnavailableError("refused")),
              AllOf(HasSubstr("UNAVAILABLE: refused"), HasSubstr("there:1"),
                    HasSubstr("parley-server --model_repository="),
                    HasSubstr("PARLEY_SERVER")));
  EXPECT_THAT(Failure(absl::DeadlineExceededError("late")),
              AllOf(HasSubstr("7s"), HasSubstr("--timeout")));
  EXPECT_THAT(Failure(absl::InternalError("broken")),
              AllOf(HasSubstr("INTERNAL: broken"), Not(HasSubstr("--"))));
}

TEST(ReportFailure, KnowsTheAdminPort) {
  EXPECT_EQ(Failure(absl::UnavailableError("refused"), ServerPort::kAdmin),
            "parley: UNAVAILABLE: refused\n"
            "Is there:1 a server's admin port? Its ready line names it; "
            "--server=HOST:PORT or PARLEY_ADMIN_SERVER name another.\n");
}

TEST(ReportUsage, NamesTheHelp) {
  std::ostringstream out, err;
  const CommandContext context = {.out = out, .err = err};
  EXPECT_EQ(ReportUsage(context, "models", "is confused"), kExitUsage);
  EXPECT_EQ(err.str(),
            "parley models: is confused\nSee: parley models --help\n");
}

TEST(ConnectionFlags, ReachTheClient) {
  ConnectionFlags connection = {.server = "a:1", .timeout = absl::Seconds(1)};
  int format = static_cast<int>(OutputFormat::kText);
  std::vector<Flag> flags = {OutputFlag("How.", &format)};
  AppendConnectionFlags(&connection, &flags);
  const std::vector<std::string> args = {"--server=b:2", "--timeout=3s",
                                         "--output=json"};
  ASSERT_TRUE(ParseFlags(flags, args).ok());
  EXPECT_EQ(connection.ToOptions().server, "b:2");
  EXPECT_EQ(connection.ToOptions().timeout, absl::Seconds(3));
  EXPECT_EQ(static_cast<OutputFormat>(format), OutputFormat::kJson);
}

TEST(ConnectionFlags, ExplainThePortThatIsCalled) {
  const auto helps_of = [](ServerPort port) {
    ConnectionFlags connection = {
        .server = "a:1", .timeout = absl::Seconds(1), .port = port};
    std::vector<Flag> flags;
    AppendConnectionFlags(&connection, &flags);
    std::vector<std::string> helps;
    for (const Flag& flag : flags) helps.push_back(flag.help);
    return helps;
  };
  EXPECT_THAT(helps_of(ServerPort::kCalls),
              ElementsAre("Where parley-server listens (now a:1). "
                          "PARLEY_SERVER in the environment changes what is "
                          "taken without this flag.",
                          "How long one call may take, with its retries: 90s, "
                          "2m, 500ms (default 1s)."));
  EXPECT_THAT(helps_of(ServerPort::kAdmin),
              ElementsAre("The server's admin port (now a:1). "
                          "PARLEY_ADMIN_SERVER in the environment changes what "
                          "is taken without this flag.",
                          "How long to wait for it: 90s, 2m (default 1s). The "
                          "server goes on after that."));
}

}  // namespace
}  // namespace parley::client
