# ThreadSanitizer beside a Debian Abseil that knows nothing of it: calls of its
# locks go through cmake/absl_tsan.cc. A function that stands in just one of
# the two files does not link.
set(wrapped
  _ZN4absl7debian35Mutex4LockEv
  _ZN4absl7debian35Mutex6UnlockEv
  _ZN4absl7debian35Mutex10ReaderLockEv
  _ZN4absl7debian35Mutex12ReaderUnlockEv
  _ZN4absl7debian35Mutex7TryLockEv
  _ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE
  _ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE
  _ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE
  _ZN4absl7debian312Notification6NotifyEv
  _ZNK4absl7debian312Notification19WaitForNotificationEv
  _ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE
  _ZNK4absl7debian312Notification31WaitForNotificationWithDeadlineENS0_4TimeE)
list(TRANSFORM wrapped PREPEND "-Wl,--wrap=")

add_library(parley_absl_tsan OBJECT ${CMAKE_SOURCE_DIR}/cmake/absl_tsan.cc)
target_link_libraries(parley_absl_tsan PRIVATE absl::synchronization)
target_compile_options(parley_absl_tsan PRIVATE
  -fsanitize=thread -Wall -Wextra -Werror)

target_link_options(parley_options INTERFACE ${wrapped})
# Abseil's library stands behind the objects that now need it.
target_link_libraries(parley_options INTERFACE
  $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:absl::synchronization>)
# In programs only: in static libraries it would be there many times.
target_sources(parley_options INTERFACE
  $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:$<TARGET_OBJECTS:parley_absl_tsan>>)
