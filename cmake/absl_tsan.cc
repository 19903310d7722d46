// Tells ThreadSanitizer what Abseil's locks order. Debian's Abseil is built
// without it, so all that a Mutex guards would look like a race.
//
// Linked into every program of the tsan preset, with --wrap for each function
// here (cmake/ThreadSanitizer.cmake): calls from our code come here, and go on
// to Abseil's own. What the sanitizer sees of a lock is an acquisition after
// taking it, and a release before giving it up. Conditions are evaluated inside
// Abseil by whichever thread holds the lock, so reads there do not count.
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

// Abseil's look for deadlocks guards its graph of locks with a spin lock of its
// own, which is not wrapped.
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libabsl_graphcycles_internal.so\n";
}

namespace {

class IgnoreReads {
 public:
  IgnoreReads() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoreReads() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

}  // namespace

// Declares Real<name>, Abseil's function, and begins Wrapped<name>, ours;
// `symbol` is what the compiler calls it after "_ZNK" or "_ZN".
#define PARLEY_WRAP(type, name, symbol, ...)                            \
  extern "C" type Real##name(__VA_ARGS__) __asm__("__real_" symbol);    \
  extern "C" type Wrapped##name(__VA_ARGS__) __asm__("__wrap_" symbol); \
  extern "C" type Wrapped##name(__VA_ARGS__)

#define PARLEY_ABSL "4absl7debian3"

PARLEY_WRAP(void, Lock, "_ZN" PARLEY_ABSL "5Mutex4LockEv", absl::Mutex* mutex) {
  RealLock(mutex);
  __tsan_acquire(mutex);
}

PARLEY_WRAP(void, Unlock, "_ZN" PARLEY_ABSL "5Mutex6UnlockEv",
            absl::Mutex* mutex) {
  __tsan_release(mutex);
  const IgnoreReads ignore;
  RealUnlock(mutex);
}

PARLEY_WRAP(void, ReaderLock, "_ZN" PARLEY_ABSL "5Mutex10ReaderLockEv",
            absl::Mutex* mutex) {
  RealReaderLock(mutex);
  __tsan_acquire(mutex);
}

PARLEY_WRAP(void, ReaderUnlock, "_ZN" PARLEY_ABSL "5Mutex12ReaderUnlockEv",
            absl::Mutex* mutex) {
  __tsan_release(mutex);
  const IgnoreReads ignore;
  RealReaderUnlock(mutex);
}

PARLEY_WRAP(bool, TryLock, "_ZN" PARLEY_ABSL "5Mutex7TryLockEv",
            absl::Mutex* mutex) {
  const bool taken = RealTryLock(mutex);
  if (taken) __tsan_acquire(mutex);
  return taken;
}

PARLEY_WRAP(void, Await, "_ZN" PARLEY_ABSL "5Mutex5AwaitERKNS0_9ConditionE",
            absl::Mutex* mutex, const absl::Condition& condition) {
  __tsan_release(mutex);
  {
    const IgnoreReads ignore;
    RealAwait(mutex, condition);
  }
  __tsan_acquire(mutex);
}

PARLEY_WRAP(bool, AwaitWithTimeout,
            "_ZN" PARLEY_ABSL
            "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE",
            absl::Mutex* mutex, const absl::Condition& condition,
            absl::Duration timeout) {
  __tsan_release(mutex);
  const IgnoreReads ignore;
  const bool is_true = RealAwaitWithTimeout(mutex, condition, timeout);
  __tsan_acquire(mutex);
  return is_true;
}

PARLEY_WRAP(bool, AwaitWithDeadline,
            "_ZN" PARLEY_ABSL
            "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE",
            absl::Mutex* mutex, const absl::Condition& condition,
            absl::Time deadline) {
  __tsan_release(mutex);
  const IgnoreReads ignore;
  const bool is_true = RealAwaitWithDeadline(mutex, condition, deadline);
  __tsan_acquire(mutex);
  return is_true;
}

PARLEY_WRAP(void, Notify, "_ZN" PARLEY_ABSL "12Notification6NotifyEv",
            absl::Notification* notification) {
  __tsan_release(notification);
  RealNotify(notification);
}

PARLEY_WRAP(void, WaitForNotification,
            "_ZNK" PARLEY_ABSL "12Notification19WaitForNotificationEv",
            absl::Notification* notification) {
  RealWaitForNotification(notification);
  __tsan_acquire(notification);
}

PARLEY_WRAP(bool, WaitForNotificationWithTimeout,
            "_ZNK" PARLEY_ABSL
            "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE",
            absl::Notification* notification, absl::Duration timeout) {
  const bool notified =
      RealWaitForNotificationWithTimeout(notification, timeout);
  if (notified) __tsan_acquire(notification);
  return notified;
}

PARLEY_WRAP(bool, WaitForNotificationWithDeadline,
            "_ZNK" PARLEY_ABSL
            "12Notification31WaitForNotificationWithDeadlineENS0_4TimeE",
            absl::Notification* notification, absl::Time deadline) {
  const bool notified =
      RealWaitForNotificationWithDeadline(notification, deadline);
  if (notified) __tsan_acquire(notification);
  return notified;
}
