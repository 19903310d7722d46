// Which threads of a process go first where all CPUs are busy.
#ifndef PARLEY_BASE_THREAD_TURNS_H_
#define PARLEY_BASE_THREAD_TURNS_H_

namespace parley {

// From now on, the calling thread and those that it starts wait until a running
// thread's time slice is over (some milliseconds) instead of pushing it off its
// CPU when they have something to do; where a CPU is idle nothing changes.
// Their share of time stays what it is: this is Linux' SCHED_BATCH. For threads
// that do little and often beside a team, which loses a step's time whenever
// one of its threads is taken away.
void WaitForTurns();

// The calling thread, and those that it starts, are as threads usually are.
void TakeTurns();

}  // namespace parley

#endif  // PARLEY_BASE_THREAD_TURNS_H_
