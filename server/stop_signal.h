// SIGTERM and SIGINT: the first asks for an orderly end, the second ends the
// process.
#ifndef PARLEY_SERVER_STOP_SIGNAL_H_
#define PARLEY_SERVER_STOP_SIGNAL_H_

#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace parley {

// Watches for both signals on a thread of its own. At most one at a time.
//
// Thread rule: create it before any other thread starts, since those inherit
// that the signals are blocked; everything else from any thread.
class StopSignal {
 public:
  // The watchdog: once asked to end, the process is ended with kExitWatchdog
  // after `patience`, whatever else hangs: at the latest by a timer of the
  // kernel, for which SIGALRM is taken.
  explicit StopSignal(absl::Duration patience);
  // The signals stay blocked, and the watchdog lets go.
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const { return requested_.HasBeenNotified(); }
  void Wait() const { requested_.WaitForNotification(); }

 private:
  void Watch();

  const absl::Duration patience_;
  absl::Notification requested_;
  const int signal_fd_;
  const int quit_fd_;  // Readable once the destructor wants the thread back.
  std::thread thread_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_STOP_SIGNAL_H_
