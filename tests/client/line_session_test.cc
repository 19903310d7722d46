#include "client/line_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tests/client/command_run.h"
#include "tests/client/fake_server.h"
#include "tests/temp_folder.h"

namespace parley::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A subcommand that embeds texts and prints their lengths.
int RunLengths(const CommandContext& context,
               absl::Span<const std::string> args) {
  LineFlags values(context);
  bool forbidden = false;
  return RunLineCommand(
      context, args,
      {.name = "lengths",
       .help = "Lengths.\n",
       .flags = {SwitchFlag({"forbidden", "", "Is wrong."}, &forbidden)},
       .lines = &values,
       .problem = [&] { return forbidden ? "is forbidden" : ""; },
       .run = [](LineSession& session) -> absl::Status {
         PARLEY_RETURN_IF_ERROR(session.OpenOutput());
         const LineMethod<v1::EmbedRequest, v1::EmbedResponse> method = {
             .start = &Client::EmbedAsync, .request = {}};
         return session.Call(
             method, [&](const AnsweredText<v1::EmbedResult>& text) {
               if (text.text == "stop") return absl::AbortedError("stopped");
               return session.WriteLine(
                   absl::StrCat(session.NameOf(text.number), " of ",
                                text.result.tokens(), " tokens"));
             });
       }});
}

TEST(RunLineCommand, RunsOverItsArguments) {
  FakeServer server;
  const Ran ran = RunCommand(&RunLengths, server.address(), {"a", "bcd"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "text 1 of 3 tokens\ntext 2 of 5 tokens\n");
}

TEST(RunLineCommand, RunsOverAFileAndReportsWhatFails) {
  FakeServer server;
  const TempFolder folder;
  const std::string input = folder.Write("in", "a\nbad\nbcd\n");
  const Ran ran = RunCommand(&RunLengths, server.address(),
                             {"--input", input, "--batch_size=2"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out,
            "line 1 of 3 tokens\nline 2 of 0 tokens\nline 3 of 5 tokens\n");
  EXPECT_EQ(ran.err,
            "parley: line 2: INVALID_ARGUMENT: a bad text\n"
            "parley: 1 text failed\n");
}

TEST(RunLineCommand, AnErrorOfThePrinterEndsTheRun) {
  FakeServer server;
  const Ran ran = RunCommand(&RunLengths, server.address(), {"a", "stop", "b"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "text 1 of 3 tokens\n");
  EXPECT_THAT(ran.err, HasSubstr("ABORTED: stopped"));
}

TEST(RunLineCommand, HelpShowsAllFlags) {
  const Ran ran = RunCommand(&RunLengths, "unused:1", {"--help"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("Lengths.\n"), HasSubstr("--forbidden"),
                    HasSubstr("--input=FILE"), HasSubstr("--server=")));
}

TEST(RunLineCommand, SaysWhatIsWrongWithTheUsage) {
  const TempFolder folder;
  const std::string file = folder.Write("file", "x\n");
  const auto problem = [](const std::vector<std::string>& args) {
    const Ran ran = RunCommand(&RunLengths, "unused:1", args);
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_THAT(ran.err, HasSubstr("See: parley lengths --help"));
    return ran.err;
  };
  EXPECT_THAT(problem({}), HasSubstr("wants texts, or --input"));
  EXPECT_THAT(problem({"--input=x", "a"}), HasSubstr("not both"));
  EXPECT_THAT(problem({"--forbidden", "a"}), HasSubstr("is forbidden"));
  EXPECT_THAT(problem({"--input=" + file, "--output_file=" + file}),
              HasSubstr("emptied before"));
}

TEST(RunLineCommand, ShowsProgressWhereATerminalIsFree) {
  FakeServer server;
  const auto run = [&](bool output_is_terminal, bool prints_at_end) {
    std::ostringstream out, err;
    const CommandContext context = {.out = out,
                                    .err = err,
                                    .output_is_terminal = output_is_terminal,
                                    .error_is_terminal = true,
                                    .server = server.address()};
    LineFlags values(context);
    values.prints_at_end = prints_at_end;
    LineSession session(context, values);
    EXPECT_TRUE(session.OpenInput({"one", "two"}).ok());
    const LineMethod<v1::EmbedRequest, v1::EmbedResponse> method = {
        .start = &Client::EmbedAsync, .request = {}};
    EXPECT_TRUE(session
                    .Call(method,
                          [](const AnsweredText<v1::EmbedResult>&) {
                            return absl::OkStatus();
                          })
                    .ok());
    return err.str();
  };
  EXPECT_THAT(run(false, false), HasSubstr("50%  1 line"));
  EXPECT_EQ(run(true, false), "");
  EXPECT_THAT(run(true, true), HasSubstr("50%  1 line"));
}

}  // namespace
}  // namespace parley::client
