// The threads that work on one thing together: the OpenMP team of the calling
// thread.
#ifndef PARLEY_ENGINE_KERNELS_TEAM_H_
#define PARLEY_ENGINE_KERNELS_TEAM_H_

#include <omp.h>

#include <algorithm>
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
Range PartOf(int64_t count, int64_t unit, int64_t index, int64_t num_parts);

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

  // As Barrier; for all members the same number of times in a job.
  void Meet() const;

 private:
  int index_ = 0;
  int team_size_ = 1;
  Barrier* barrier_ = nullptr;
};

// [0, count) in chunks, of which each member of a team takes those of its own
// share first, in order, and then what the others have not begun: so a thread
// that the system has taken off its CPU holds up a job by one chunk at most.
class SharedChunks {
 public:
  // The last chunk may be smaller. For the team that RunOnTeam has here.
  SharedChunks(int64_t count, int64_t chunk);

  // Calls body(range) for chunks until none is left. To be called by each
  // member of a job once; returns before others are done with theirs.
  template <typename Body>
  void Take(const TeamMember& member, const Body& body) {
    if (num_chunks_ <= num_shares_) {
      // Nothing to take over, and so nothing to agree on.
      for (int64_t i = member.index(); i < num_chunks_;
           i += member.team_size()) {
        body(Chunk(i));
      }
      return;
    }
    for (int i = 0; i < num_shares_; ++i) {
      const int share = (member.index() + i) % num_shares_;
      const std::atomic_ref<int64_t> next(next_[share].value);
      const int64_t end = PartOf(num_chunks_, 1, share, num_shares_).end;
      while (next.load(std::memory_order_relaxed) < end) {
        const int64_t taken = next.fetch_add(1, std::memory_order_relaxed);
        if (taken >= end) break;
        body(Chunk(taken));
      }
    }
  }

  // The same, calling body(i) for each i of a chunk.
  template <typename Body>
  void ForEach(const TeamMember& member, const Body& body) {
    Take(member, [&](const Range& some) {
      for (int64_t i = some.begin; i < some.end; ++i) body(i);
    });
  }

 private:
  static constexpr int kMaxShares = 64;

  // Not an atomic number: all of them would be set to zero.
  struct alignas(64) Counter {
    int64_t value;
  };

  Range Chunk(int64_t index) const {
    return {index * chunk_, std::min(count_, (index + 1) * chunk_)};
  }

  const int64_t count_;
  const int64_t chunk_;
  const int64_t num_chunks_;
  const int num_shares_;
  Counter next_[kMaxShares];  // [num_shares_], the next chunk of each share.
};

using TeamJob = absl::FunctionRef<void(const TeamMember& member)>;

// The members that RunOnTeam has here, at most.
int NumMembers();

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

// From so many on, what a thread does in a row of jobs takes long enough for
// others to take some of it over.
inline constexpr int64_t kManyRows = 64;

// Chunks for SharedChunks over rows of about a microsecond: a share for each
// member of the team here, or where that takes longer than to agree on who does
// what, some rows.
int64_t RowsOfChunk(int64_t num_rows);

// Inside a job: which of the team's threads this is, from 0.
inline int TeamThread() { return omp_get_thread_num(); }

// Rows that are worth a second thread: starting a loop on the team costs as
// much as a few rows of a norm or of attention to a short history.
inline constexpr int64_t kMinRowsForTeam = 8;

// Calls body(i) for i from 0 to count - 1, each once, in no given order, on the
// team's threads; in equal shares, neighbours on one thread as a rule. For
// items of equal work.
template <int64_t kMinForTeam = 2, typename Body>
void ForEachEqualItem(int64_t count, const Body& body) {
  SharedChunks chunks(count, RowsOfChunk(count));
  const auto job = [&](const TeamMember& member) {
    chunks.ForEach(member, body);
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
