#include "server/stop_signal.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <cstdlib>

#include "gtest/gtest.h"
#include "server/exit_status.h"

namespace parley {
namespace {

// The signals go to whole processes, so each test has one of its own.
class StopSignalDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

void Raise(int number) { kill(getpid(), number); }

TEST_F(StopSignalDeathTest, TheFirstSignalIsHeard) {
  for (const int number : {SIGTERM, SIGINT}) {
    EXPECT_EXIT(
        {
          bool heard = false;
          {
            StopSignal stop(absl::InfiniteDuration());
            if (stop.requested()) _exit(9);
            Raise(number);
            stop.Wait();
            heard = stop.requested();
          }  // Its line has been written then.
          _exit(heard ? 7 : 9);
        },
        ::testing::ExitedWithCode(7), strsignal(number));
  }
}

TEST_F(StopSignalDeathTest, TheSecondSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        StopSignal stop(absl::InfiniteDuration());
        Raise(SIGTERM);
        stop.Wait();
        Raise(SIGINT);
        while (true) pause();
      },
      ::testing::ExitedWithCode(kExitSecondSignal), "a second signal");
}

TEST_F(StopSignalDeathTest, APatienceThatRunsOutEndsTheProcess) {
  EXPECT_EXIT(
      {
        StopSignal stop(absl::Milliseconds(10));
        Raise(SIGTERM);
        while (true) pause();
      },
      ::testing::ExitedWithCode(kExitWatchdog), "did not end within 10ms");
}

// From here on, whoever writes to standard error waits for ever.
void BlockStandardError() {
  int ends[2];
  if (pipe(ends) != 0) _exit(9);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  const char filling[4096] = {};
  while (write(ends[1], filling, sizeof(filling)) > 0) {
  }
  fcntl(ends[1], F_SETFL, 0);
  dup2(ends[1], STDERR_FILENO);
}

TEST_F(StopSignalDeathTest, NoReaderOfTheLogHoldsUpTheEnd) {
  EXPECT_EXIT(
      {
        StopSignal stop(absl::Milliseconds(10));
        BlockStandardError();
        Raise(SIGTERM);
        while (true) pause();
      },
      ::testing::ExitedWithCode(kExitWatchdog), "");
  EXPECT_EXIT(
      {
        StopSignal stop(absl::InfiniteDuration());
        Raise(SIGTERM);
        stop.Wait();
        BlockStandardError();
        Raise(SIGTERM);
        while (true) pause();
      },
      ::testing::ExitedWithCode(kExitSecondSignal), "");
}

TEST_F(StopSignalDeathTest, EndsWithoutASignal) {
  EXPECT_EXIT(
      {
        { StopSignal stop(absl::InfiniteDuration()); }
        _exit(7);
      },
      ::testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace parley
