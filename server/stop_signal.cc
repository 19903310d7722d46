#include "server/stop_signal.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "absl/time/clock.h"
#include "base/log.h"
#include "server/exit_status.h"

namespace parley {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

int OpenSignalFd() {
  const sigset_t signals = StopSignals();
  PARLEY_CHECK(pthread_sigmask(SIG_BLOCK, &signals, nullptr) == 0);
  const int fd = signalfd(-1, &signals, SFD_CLOEXEC);
  PARLEY_CHECK(fd >= 0) << strerror(errno);
  return fd;
}

int OpenEventFd() {
  const int fd = eventfd(0, EFD_CLOEXEC);
  PARLEY_CHECK(fd >= 0) << strerror(errno);
  return fd;
}

// Milliseconds as poll() takes them, -1 for ever.
int PollTimeout(absl::Time deadline) {
  if (deadline == absl::InfiniteFuture()) return -1;
  const int64_t milliseconds =
      absl::ToInt64Milliseconds(deadline - absl::Now()) + 1;
  return static_cast<int>(std::clamp<int64_t>(milliseconds, 0, 1 << 30));
}

// How the process ends where even the thread that watches hangs, in writing a
// line that nobody reads.
volatile std::sig_atomic_t status_of_alarm = kExitWatchdog;

void EndByAlarm(int) { _exit(status_of_alarm); }

// Zero takes the timer back.
void SetAlarm(absl::Duration delay) {
  const itimerval timer = {.it_interval = {},
                           .it_value = absl::ToTimeval(delay)};
  PARLEY_CHECK(setitimer(ITIMER_REAL, &timer, nullptr) == 0) << strerror(errno);
}

constexpr absl::Duration kTimeForALine = absl::Seconds(1);

// A second signal while the line of the first is being written, which nobody
// may read.
void EndBySecondSignal(int) {
  constexpr char kLine[] = "a second signal: ending at once\n";
  status_of_alarm = kExitSecondSignal;
  alarm(1);
  if (write(STDERR_FILENO, kLine, sizeof(kLine) - 1) < 0) {
    // There is nobody else to tell.
  }
  _exit(kExitSecondSignal);
}

void LogFirstSignal(int number) {
  const sigset_t signals = StopSignals();
  PARLEY_CHECK(pthread_sigmask(SIG_UNBLOCK, &signals, nullptr) == 0);
  PARLEY_LOG(kInfo) << strsignal(number) << ": finishing what is under way";
  PARLEY_CHECK(pthread_sigmask(SIG_BLOCK, &signals, nullptr) == 0);
}

}  // namespace

StopSignal::StopSignal(absl::Duration patience)
    : patience_(patience),
      signal_fd_(OpenSignalFd()),
      quit_fd_(OpenEventFd()),
      thread_([this] { Watch(); }) {
  signal(SIGALRM, &EndByAlarm);
  for (const int number : {SIGTERM, SIGINT}) signal(number, &EndBySecondSignal);
}

StopSignal::~StopSignal() {
  PARLEY_CHECK(eventfd_write(quit_fd_, 1) == 0) << strerror(errno);
  thread_.join();
  SetAlarm(absl::ZeroDuration());
  close(quit_fd_);
  close(signal_fd_);
}

void StopSignal::Watch() {
  absl::Time deadline = absl::InfiniteFuture();
  while (true) {
    pollfd fds[] = {{.fd = signal_fd_, .events = POLLIN, .revents = 0},
                    {.fd = quit_fd_, .events = POLLIN, .revents = 0}};
    const int num_ready = poll(fds, 2, PollTimeout(deadline));
    if (num_ready < 0) continue;  // Interrupted.
    if (fds[1].revents != 0) return;
    if (fds[0].revents != 0) {
      signalfd_siginfo info;
      if (read(signal_fd_, &info, sizeof(info)) != sizeof(info)) continue;
      const int number = static_cast<int>(info.ssi_signo);
      if (requested()) {
        status_of_alarm = kExitSecondSignal;
        SetAlarm(kTimeForALine);
        PARLEY_LOG(kWarning)
            << "a second signal (" << strsignal(number) << "): ending at once";
        _exit(kExitSecondSignal);
      }
      deadline = absl::Now() + patience_;
      if (patience_ < absl::InfiniteDuration()) {
        SetAlarm(patience_ + kTimeForALine);
      }
      requested_.Notify();
      LogFirstSignal(number);
    } else if (absl::Now() >= deadline) {
      PARLEY_LOG(kError) << "the server did not end within " << patience_
                         << " of being asked to; ending the process";
      _exit(kExitWatchdog);
    }
  }
}

}  // namespace parley
