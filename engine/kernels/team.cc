#include "engine/kernels/team.h"

#include <algorithm>
#include <utility>

#include "engine/kernels/packed/product.h"
#include "hwy/cache_control.h"

namespace parley::kernels {
namespace {

// Returns when `value` is no longer `old`, which it is for microseconds as a
// rule: so the thread stays awake for a tenth of a millisecond, the first
// microsecond without a pause; then it sleeps.
template <typename T>
void AwaitChange(const std::atomic<T>& value, T old) {
  constexpr int kEagerLooks = 500;
  constexpr int kPauses = 2000;
  for (int i = 0; i < kEagerLooks + kPauses; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    if (i >= kEagerLooks) hwy::Pause();
  }
  value.wait(old, std::memory_order_acquire);
}

// A team that is kept together: one thread leads, the others do its jobs.
class Assembly {
 public:
  explicit Assembly(int size) : size_(size), barrier_(size) {}

  int size() const { return size_; }

  // By the leader.
  void Do(const TeamJob& job) {
    Announce(&job);
    job(TeamMember(0, size_, &barrier_));
    for (int done = 0; done < size_ - 1;) {
      AwaitChange(num_done_, done);
      done = num_done_.load(std::memory_order_acquire);
    }
    num_done_.store(0, std::memory_order_relaxed);
  }
  void Dismiss() { Announce(nullptr); }

  // By each of the others: returns when it has been dismissed.
  void Follow(int index) {
    for (uint32_t jobs = 0;; ++jobs) {
      AwaitChange(num_jobs_, jobs);
      if (job_ == nullptr) return;
      (*job_)(TeamMember(index, size_, &barrier_));
      num_done_.fetch_add(1, std::memory_order_release);
      num_done_.notify_one();
    }
  }

 private:
  void Announce(const TeamJob* job) {
    job_ = job;
    num_jobs_.fetch_add(1, std::memory_order_release);
    num_jobs_.notify_all();
  }

  const int size_;
  Barrier barrier_;               // Within a job.
  const TeamJob* job_ = nullptr;  // Null: none will follow.
  // On lines of their own, as in Barrier.
  alignas(64) std::atomic<uint32_t> num_jobs_ = 0;
  alignas(64) std::atomic<int> num_done_ = 0;
};

// Of the thread that leads, while it is in no job.
thread_local Assembly* assembly = nullptr;

}  // namespace

void Barrier::Meet() {
  const uint32_t meeting = num_meetings_.load(std::memory_order_relaxed);
  if (num_arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 < num_threads_) {
    return AwaitChange(num_meetings_, meeting);
  }
  num_arrived_.store(0, std::memory_order_relaxed);
  num_meetings_.store(meeting + 1, std::memory_order_release);
  num_meetings_.notify_all();
}

Range PartOf(int64_t count, int64_t unit, int64_t index, int64_t num_parts) {
  const int64_t num_units = (count + unit - 1) / unit;
  return {std::min(count, num_units * index / num_parts * unit),
          std::min(count, num_units * (index + 1) / num_parts * unit)};
}

int NumMembers() {
  if (assembly != nullptr) return assembly->size();
  if (omp_in_parallel()) return 1;
  return std::min(omp_get_max_threads(), omp_get_thread_limit());
}

SharedChunks::SharedChunks(int64_t count, int64_t chunk)
    : count_(count),
      chunk_(chunk),
      num_chunks_((count + chunk - 1) / chunk),
      num_shares_(std::min(NumMembers(), kMaxShares)) {
  if (num_chunks_ <= num_shares_) return;
  for (int i = 0; i < num_shares_; ++i) {
    next_[i].value = PartOf(num_chunks_, 1, i, num_shares_).begin;
  }
}

int64_t RowsOfChunk(int64_t num_rows) {
  constexpr int64_t kRowsOfChunk = 8;
  const int64_t num_members = NumMembers();
  if (num_rows >= kManyRows && num_members > 1) return kRowsOfChunk;
  return std::max<int64_t>(1, (num_rows + num_members - 1) / num_members);
}

void TeamMember::Meet() const {
  if (team_size_ == 1) return;
  if (barrier_ != nullptr) return barrier_->Meet();
#pragma omp barrier
}

void RunOnTeam(TeamJob job) {
  Assembly* const team = std::exchange(assembly, nullptr);
  if (team == nullptr) {
#pragma omp parallel
    job(TeamMember(omp_get_thread_num(), omp_get_num_threads(), nullptr));
    return;
  }
  team->Do(job);
  assembly = team;
}

void RunAlone(TeamJob job) {
  Assembly* const team = std::exchange(assembly, nullptr);
  job(TeamMember());
  assembly = team;
}

void KeepTeamTogether(absl::FunctionRef<void()> body) {
  if (assembly != nullptr || omp_get_max_threads() == 1 || omp_in_parallel() ||
      BestPackedKernels().f32 == nullptr) {
    return body();
  }
  Assembly team(omp_get_max_threads());
#pragma omp parallel num_threads(team.size())
  {
    const int index = omp_get_thread_num();  // 0 is the one that came here.
    if (omp_get_num_threads() < team.size()) {
      // OpenMP was told to give fewer (OMP_THREAD_LIMIT).
      if (index == 0) body();
    } else if (index > 0) {
      team.Follow(index);
    } else {
      assembly = &team;
      body();
      assembly = nullptr;
      team.Dismiss();
    }
  }
}

}  // namespace parley::kernels
