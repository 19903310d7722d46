// The `parley` program itself, as a process, against a server of the test's.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Where a program's input or output goes: the two ends, ours and its own.
struct Ends {
  int ours = -1;
  int its = -1;
};

Ends PipeTo() {
  int fds[2] = {-1, -1};
  EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
  return {.ours = fds[1], .its = fds[0]};
}

Ends PipeFrom() {
  const Ends ends = PipeTo();
  return {.ours = ends.its, .its = ends.ours};
}

Ends Terminal() {
  Ends ends;
  EXPECT_EQ(::openpty(&ends.ours, &ends.its, nullptr, nullptr, nullptr), 0);
  // The program's copies are made by dup2, which clears this.
  ::fcntl(ends.ours, F_SETFD, FD_CLOEXEC);
  ::fcntl(ends.its, F_SETFD, FD_CLOEXEC);
  return ends;
}

std::string ReadToEnd(int fd) {
  std::string bytes;
  char buffer[4096];
  // A terminal whose other side has gone reads as an error.
  for (ssize_t n; (n = ::read(fd, buffer, sizeof(buffer))) > 0;) {
    bytes.append(buffer, n);
  }
  ::close(fd);
  return bytes;
}

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

struct RunOptions {
  std::vector<std::string> args;
  std::vector<std::string> environment = {};
  std::string input = "";
  bool terminals = false;  // For input and standard error.
};

// Runs the program to its end.
Outcome RunProgram(RunOptions options) {
  const Ends in = options.terminals ? Terminal() : PipeTo();
  const Ends out = PipeFrom();
  const Ends err = options.terminals ? Terminal() : PipeFrom();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.its, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.its, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.its, STDERR_FILENO);
  std::string program = PARLEY_PROGRAM;
  std::vector<char*> argv = {program.data()};
  for (std::string& arg : options.args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (std::string& entry : options.environment) {
    environment.push_back(entry.data());
  }
  environment.push_back(nullptr);
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(),
                          environment.data()),
            0);
  posix_spawn_file_actions_destroy(&actions);
  for (const int fd : {in.its, out.its, err.its}) ::close(fd);

  Outcome outcome;
  std::thread write([&] {
    [[maybe_unused]] const ssize_t written =
        ::write(in.ours, options.input.data(), options.input.size());
    // A terminal that went away would end the program by a signal.
    if (!options.terminals) ::close(in.ours);
  });
  std::thread read_err([&] { outcome.err = ReadToEnd(err.ours); });
  outcome.out = ReadToEnd(out.ours);
  write.join();
  read_err.join();
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  if (options.terminals) ::close(in.ours);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

TEST(Parley, TranslatesStandardInputInOrder) {
  FakeServer server;
  std::string input;
  std::string wanted;
  for (int i = 0; i < 1000; ++i) {
    absl::StrAppend(&input, "line ", i, "\n");
    absl::StrAppend(&wanted, "de:line ", i, "\n");
  }
  const Outcome outcome = RunProgram({
      .args = {"translate", "--target=de", "--batch_size=7", "--in_flight=9",
               "--server=" + server.address()},
      .input = input,
  });
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, wanted);
  EXPECT_EQ(outcome.err, "");
}

TEST(Parley, EmbedsStandardInputInOrder) {
  FakeServer server;
  std::string input;
  std::string wanted;
  for (int i = 1; i <= 200; ++i) {
    absl::StrAppend(&input, std::string(i, 'x'), "\n");
    absl::StrAppend(&wanted, "2 dimensions: ", i, ".0000 0.3333 (", i + 2,
                    " tokens", i > 100 ? ", truncated" : "", ")\n");
  }
  const Outcome outcome = RunProgram({
      .args = {"embed", "--batch_size=3", "--server=" + server.address()},
      .input = input,
  });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, wanted);
}

TEST(Parley, TakesTheServerFromTheEnvironment) {
  FakeServer server;
  const Outcome outcome =
      RunProgram({.args = {"health"},
                  .environment = {"PARLEY_SERVER=" + server.address()}});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "SERVING\n");
  // A flag goes before it.
  const Outcome flag =
      RunProgram({.args = {"health", "--server=" + server.address()},
                  .environment = {"PARLEY_SERVER=127.0.0.1:1"}});
  EXPECT_EQ(flag.exit_code, 0) << flag.err;
}

TEST(Parley, DoesNotUseProxies) {
  FakeServer server;
  const Outcome outcome =
      RunProgram({.args = {"health", "--server=" + server.address()},
                  .environment = {"http_proxy=http://127.0.0.1:1",
                                  "grpc_proxy=http://127.0.0.1:1"}});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST(Parley, ExitsTwoOnWrongUsage) {
  EXPECT_EQ(RunProgram({.args = {}}).exit_code, 2);
  EXPECT_EQ(RunProgram({.args = {"translate", "--no_such"}}).exit_code, 2);
  EXPECT_EQ(RunProgram({.args = {"help"}}).exit_code, 0);
}

TEST(Parley, ExitsOneWhereNobodyListens) {
  const std::string address = FakeServer().address();
  const Outcome outcome =
      RunProgram({.args = {"translate", "--server=" + address, "A man."}});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("No server takes calls at " + address));
}

TEST(Parley, ExitsOneWhereALineFails) {
  FakeServer server;
  const Outcome outcome = RunProgram({
      .args = {"translate", "--server=" + server.address()},
      .input = "a\n\xff\nb\n",
  });
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, ":a\n\n:b\n");
  EXPECT_THAT(outcome.err, HasSubstr("line 2:"));
}

TEST(Parley, ShowsProgressOnATerminal) {
  FakeServer server;
  const Outcome outcome = RunProgram({
      .args = {"translate", "--server=" + server.address(), "one", "two"},
      .terminals = true,
  });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, ":one\n:two\n");
  EXPECT_THAT(outcome.err, HasSubstr("1 line  "));
}

TEST(Parley, ATerminalWithoutTextsIsWrongUsage) {
  FakeServer server;
  const Outcome outcome =
      RunProgram({.args = {"translate", "--server=" + server.address()},
                  .terminals = true});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("wants texts, or --input"));
}

}  // namespace
}  // namespace parley::client
