#include "server/batching/policy.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"

namespace parley {
namespace {

bool Fits(const TaskCost& cost, const Capacity& free) {
  return cost.encoder_tokens <= free.encoder_tokens &&
         cost.max_rows <= free.rows && cost.kv_blocks <= free.kv_blocks;
}

}  // namespace

absl::Status StillWanted(const CancelFlag* cancel, absl::Time deadline,
                         absl::Time now) {
  if (cancel != nullptr && cancel->cancelled()) {
    return absl::CancelledError("the call was cancelled");
  }
  if (deadline <= now) {
    return absl::DeadlineExceededError("the call's deadline has passed");
  }
  return absl::OkStatus();
}

absl::Status StillWanted(const QueueEntry& entry, absl::Time now) {
  absl::Status wanted = StillWanted(entry.cancel.get(), entry.deadline, now);
  if (wanted.ok() && entry.interest != nullptr) {
    wanted = entry.interest->StillWanted(now);
  }
  return wanted;
}

Admission AdmissionOf(const TaskCost& cost, PlaceInCall place,
                      const EngineRoom& room) {
  if (room.empty) return Admission::kNow;
  if (!Fits(cost, room.capacity)) return Admission::kNoRoom;
  if (place == PlaceInCall::kFurther && !Fits(cost, room.for_further)) {
    return Admission::kYields;
  }
  return Admission::kNow;
}

bool MayPass(absl::Time passed_since, absl::Time now) {
  // Long beside a step, short beside what people notice.
  constexpr absl::Duration kMaxPassing = absl::Milliseconds(200);
  return now - passed_since < kMaxPassing;
}

std::vector<TaskId> ChooseResting(absl::Span<const SteppingTask> tasks,
                                  int64_t efficient_rows) {
  struct Further {
    int64_t rank;  // Within its call.
    const SteppingTask* task;
  };
  std::vector<Further> further;
  absl::flat_hash_map<const void*, int64_t> num_of_call;
  int64_t num_calls = 0;
  int64_t num_rows = 0;
  for (const SteppingTask& task : tasks) {
    const int64_t rank = task.call == nullptr ? 0 : num_of_call[task.call]++;
    if (rank == 0) {
      ++num_calls;
      num_rows += task.num_rows;
    } else {
      further.push_back({.rank = rank, .task = &task});
    }
  }
  if (num_calls == 1) return {};
  const int64_t most = std::max(efficient_rows, num_rows + num_rows / 2);
  absl::c_stable_sort(further, [](const Further& a, const Further& b) {
    return a.rank < b.rank;
  });
  std::vector<TaskId> resting;
  for (const Further& next : further) {
    if (resting.empty() && num_rows + next.task->num_rows <= most) {
      num_rows += next.task->num_rows;
    } else {
      resting.push_back(next.task->id);
    }
  }
  absl::c_sort(resting);
  return resting;
}

size_t FairShare::Add(double share) {
  shares_.push_back({.share = share, .used = level_});
  return shares_.size() - 1;
}

void FairShare::Remove(size_t index) {
  shares_.erase(shares_.begin() + static_cast<int64_t>(index));
}

void FairShare::Charge(size_t index, absl::Duration used) {
  Share& share = shares_[index];
  share.used += std::max(used, absl::ZeroDuration()) / share.share;
}

std::optional<size_t> FairShare::Next(absl::Span<const size_t> ready) {
  std::vector<bool> is_ready(shares_.size(), false);
  for (const size_t index : ready) is_ready[index] = true;
  std::optional<size_t> next;
  for (size_t i = 0; i < shares_.size(); ++i) {
    Share& share = shares_[i];
    if (is_ready[i] && !share.ready) share.used = std::max(share.used, level_);
    share.ready = is_ready[i];
    if (is_ready[i] && (!next || share.used < shares_[*next].used)) next = i;
  }
  if (next) level_ = std::max(level_, shares_[*next].used);
  return next;
}

}  // namespace parley
