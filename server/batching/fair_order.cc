#include "server/batching/fair_order.h"

#include <algorithm>

#include "base/log.h"

namespace parley {
namespace {

double WeightOf(Priority priority) {
  switch (priority) {
    case Priority::kHigh:
      return 4;
    case Priority::kNormal:
      return 2;
    case Priority::kLow:
      break;
  }
  return 1;
}

double Counted(int64_t work) { return std::max<double>(work, 1); }

}  // namespace

FairOrder::Backlog& FairOrder::Add(const Flow& flow, int64_t work) {
  Backlog& backlog = backlogs_[flow];
  backlog.work += Counted(work);
  ++backlog.num_tasks;
  return backlog;
}

double FairOrder::Join(const Flow& flow, int64_t work) {
  Backlog& backlog = Add(flow, work);
  const double place = std::max(backlog.end, served_to_);
  backlog.end = place + Counted(work) / WeightOf(flow.priority);
  return place;
}

void FairOrder::Rejoin(const Flow& flow, int64_t work) { Add(flow, work); }

void FairOrder::Serve(const Flow& flow, int64_t work, double place) {
  served_to_ = std::max(served_to_, place);
  Leave(flow, work);
}

void FairOrder::Leave(const Flow& flow, int64_t work) {
  const auto found = backlogs_.find(flow);
  PARLEY_CHECK(found != backlogs_.end()) << flow.caller;
  Backlog& backlog = found->second;
  backlog.work -= Counted(work);
  // A flow that is empty has no more claims, and no debts: what it was served
  // beyond its share took nothing from anybody who waited longer.
  if (--backlog.num_tasks == 0) backlogs_.erase(found);
}

double FairOrder::WorkBefore(const Flow& flow) const {
  const auto own = backlogs_.find(flow);
  const double end = own == backlogs_.end() ? served_to_ : own->second.end;
  const double distance = std::max(0.0, end - served_to_);
  double work = 0;
  for (const auto& [other, backlog] : backlogs_) {
    work += other == flow
                ? backlog.work
                : std::min(backlog.work, distance * WeightOf(other.priority));
  }
  return work;
}

}  // namespace parley
