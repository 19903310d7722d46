// The program parley-server as a process of its own.
#ifndef PARLEY_TESTS_SERVER_SERVER_PROCESS_H_
#define PARLEY_TESTS_SERVER_SERVER_PROCESS_H_

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace parley {

// Started when constructed; killed, where it still runs, when destroyed. Waits
// are bounded, by far more than what is waited for takes. Several may run at a
// time, and on slow machines: unless arguments or environment say otherwise,
// there are no admin and no metrics ports, a drain begins at once, and no call
// is refused because others wait.
class ServerProcess {
 public:
  struct Options {
    std::vector<std::string> arguments;
    std::vector<std::string> environment = {};  // "NAME=value", besides ours.
  };

  explicit ServerProcess(Options options) {
    int out[2];
    int err[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(err, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    std::string program = PARLEY_SERVER_PROGRAM;
    // The environment counts for less than arguments, so that these can be
    // given, too.
    for (const char* entry :
         {"PARLEY_ADMIN_PORT=off", "PARLEY_METRICS_PORT=off",
          "PARLEY_DRAIN_DELAY=0", "PARLEY_MAX_QUEUE_DELAY=1h"}) {
      options.environment.emplace_back(entry);
    }
    std::vector<char*> argv = {program.data()};
    for (std::string& arg : options.arguments) argv.push_back(arg.data());
    argv.push_back(nullptr);
    std::vector<char*> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      if (!absl::StartsWith(*entry, "PARLEY_")) environment.push_back(*entry);
    }
    for (std::string& entry : options.environment) {
      environment.push_back(entry.data());
    }
    environment.push_back(nullptr);
    EXPECT_EQ(::posix_spawn(&pid_, program.c_str(), &actions, nullptr,
                            argv.data(), environment.data()),
              0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    ::close(err[1]);
    readers_.emplace_back([this, fd = out[0]] { Read(fd, &out_); });
    readers_.emplace_back([this, fd = err[0]] { Read(fd, &err_); });
  }

  ~ServerProcess() {
    if (!status_.has_value()) {
      Signal(SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    for (std::thread& reader : readers_) reader.join();
  }

  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // The address of its ready line; empty where it ended, or two minutes went
  // by, without one.
  std::string WaitUntilReady() {
    constexpr absl::string_view kStart = "parley-server ready: grpc ";
    absl::MutexLock lock(&mutex_);
    const auto has_line = [this] {
      mutex_.AssertHeld();
      return absl::StrContains(out_, '\n') || num_closed_ == 2;
    };
    mutex_.AwaitWithTimeout(absl::Condition(&has_line), absl::Minutes(2));
    if (!absl::StartsWith(out_, kStart)) return "";
    return out_.substr(kStart.size(), out_.find(',') - kStart.size());
  }

  // That of its ready line; empty where there is none.
  std::string admin_address() {
    const std::string line = out();
    const std::string start = ", admin ";
    const size_t begin = line.find(start);
    if (begin == line.npos) return "";
    const size_t address = begin + start.size();
    return line.substr(address, line.find(',', address) - address);
  }

  // That of its ready line; 0 where there is none.
  int metrics_port() {
    const std::string start = ", metrics 127.0.0.1:";
    const std::string line = out();
    const size_t begin = line.find(start);
    return begin == line.npos ? 0 : std::atoi(&line[begin + start.size()]);
  }

  // `number` goes to this process only.
  void Signal(int number) const { ::kill(pid_, number); }

  bool running() {
    if (!status_.has_value()) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    }
    return !status_.has_value();
  }

  // Its exit status; -1 where a signal ended it or it still runs after two
  // minutes. All it wrote can be read after that.
  int WaitForExit() {
    const absl::Time deadline = absl::Now() + absl::Minutes(2);
    while (running()) {
      if (absl::Now() > deadline) return -1;
      absl::SleepFor(absl::Milliseconds(10));
    }
    absl::MutexLock lock(&mutex_);
    const auto closed = [this] {
      mutex_.AssertHeld();
      return num_closed_ == 2;
    };
    mutex_.AwaitWithTimeout(absl::Condition(&closed), absl::Minutes(1));
    return WIFEXITED(*status_) ? WEXITSTATUS(*status_) : -1;
  }

  // Whether its standard error comes to hold `part` within two minutes. What it
  // wrote before an answer may be read here after it.
  bool WaitForErr(absl::string_view part) {
    absl::MutexLock lock(&mutex_);
    const auto has_part = [&] {
      mutex_.AssertHeld();
      return absl::StrContains(err_, part) || num_closed_ == 2;
    };
    mutex_.AwaitWithTimeout(absl::Condition(&has_part), absl::Minutes(2));
    return absl::StrContains(err_, part);
  }

  // What has been read of what it wrote.
  std::string out() {
    absl::MutexLock lock(&mutex_);
    return out_;
  }
  std::string err() {
    absl::MutexLock lock(&mutex_);
    return err_;
  }

 private:
  void Read(int fd, std::string* text) {
    char buffer[4096];
    for (ssize_t n; (n = ::read(fd, buffer, sizeof(buffer))) > 0;) {
      absl::MutexLock lock(&mutex_);
      text->append(buffer, n);
    }
    ::close(fd);
    absl::MutexLock lock(&mutex_);
    ++num_closed_;
  }

  pid_t pid_ = -1;
  std::optional<int> status_;  // As waitpid gives it.
  std::vector<std::thread> readers_;
  absl::Mutex mutex_;
  std::string out_ ABSL_GUARDED_BY(mutex_);
  std::string err_ ABSL_GUARDED_BY(mutex_);
  int num_closed_ ABSL_GUARDED_BY(mutex_) = 0;  // Of the two outputs.
};

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_SERVER_PROCESS_H_
