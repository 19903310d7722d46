// The threads that work on one thing together: the OpenMP team of the calling
// thread.
#ifndef PARLEY_ENGINE_KERNELS_TEAM_H_
#define PARLEY_ENGINE_KERNELS_TEAM_H_

#include <omp.h>

#include <atomic>
#include <cstdint>

#include "absl/functional/function_ref.h"

namespace parley::kernels {

// Where threads wait for each other: awake, as what they wait for takes
// microseconds, and asleep when it takes much longer.
class Barrier {
 public:
  explicit Barrier(int num_threads) : num_threads_(num_threads) {}

  // Returns when all threads have called it; what each wrote before is seen by
  // all.
  void Meet();

 private:
  const int num_threads_;
  // On lines of their own: one is written by all, the other read by those that
  // wait.
  alignas(64) std::atomic<int> num_arrived_ = 0;
  alignas(64) std::atomic<uint32_t> num_meetings_ = 0;
};

// [begin, end)
struct Range {
  int64_t begin = 0;
  int64_t end = 0;
};

// Part `index` of `num_parts` of [0, count), in whole units but for the last.
Range PartOf(int64_t count, int64_t unit, int index, int num_parts);

// One of the threads that do a job together.
class TeamMember {
 public:
  // The only one.
  TeamMember() = default;
  // Null: the members are the threads of the innermost OpenMP region.
  TeamMember(int index, int team_size, Barrier* barrier)
      : index_(index), team_size_(team_size), barrier_(barrier) {}

  int index() const { return index_; }  // From 0.
  int team_size() const { return team_size_; }

  // Its share of [0, count).
  Range Share(int64_t count) const {
    return PartOf(count, 1, index_, team_size_);
  }

  // As Barrier; for all members the same number of times in a job.
  void Meet() const;

 private:
  int index_ = 0;
  int team_size_ = 1;
  Barrier* barrier_ = nullptr;
};

using TeamJob = absl::FunctionRef<void(const TeamMember& member)>;

// Calls job(member) on each thread of the calling thread's team, and returns
// when all are done. A job has its thread for itself: those that it runs have
// one member.
void RunOnTeam(TeamJob job);

// Calls job(member) here, with an only member.
void RunAlone(TeamJob job);

// Calls body() on this thread, and keeps the others of its team at hand in the
// meantime: they start a job, and end it, in a fraction of the time that an
// OpenMP region takes. Does nothing of the kind where linear layers are
// oneDNN's, which has regions of its own.
void KeepTeamTogether(absl::FunctionRef<void()> body);

// Inside a job: which of the team's threads this is, from 0.
inline int TeamThread() { return omp_get_thread_num(); }

// Rows that are worth a second thread: starting a loop on the team costs as
// much as a few rows of a norm or of attention to a short history.
inline constexpr int64_t kMinRowsForTeam = 8;

// Calls body(i) for i from 0 to count - 1, each once, in no given order, on the
// team's threads; in equal shares, neighbours on one thread. For items of equal
// work.
template <int64_t kMinForTeam = 2, typename Body>
void ForEachEqualItem(int64_t count, const Body& body) {
  const auto job = [&](const TeamMember& member) {
    const Range share = member.Share(count);
    for (int64_t i = share.begin; i < share.end; ++i) body(i);
  };
  count < kMinForTeam ? RunAlone(job) : RunOnTeam(job);
}

// The same for work of about a microsecond a row.
template <typename Body>
void ForEachRow(int64_t count, const Body& body) {
  ForEachEqualItem<kMinRowsForTeam>(count, body);
}

// The same for items that may differ in work: a thread takes one when it is
// free.
template <typename Body>
void ForEachItem(int64_t count, const Body& body) {
  std::atomic<int64_t> next = 0;
  const auto take = [&] {
    return next.fetch_add(1, std::memory_order_relaxed);
  };
  const auto job = [&](const TeamMember&) {
    for (int64_t i = take(); i < count; i = take()) body(i);
  };
  count < 2 ? RunAlone(job) : RunOnTeam(job);
}

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_TEAM_H_
