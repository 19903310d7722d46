// The first half of a call: checked, split, tokenized, ready to be queued.
#ifndef PARLEY_SERVER_PIPELINE_PREPARE_H_
#define PARLEY_SERVER_PIPELINE_PREPARE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/api/task.h"
#include "server/batching/served_model.h"
#include "server/pipeline/call.h"
#include "server/pipeline/task_group.h"
#include "server/pipeline/translate.h"

namespace parley {

// One text of a call. Without pieces, it is answered already: by `status`, or
// where that is OK, by `itself`.
struct PreparedText {
  absl::Status status;
  std::string itself;  // A blank text, which translates to itself.
  std::vector<PreparedTask> pieces;
  std::vector<std::string> spacing;  // Around the pieces. [num_pieces + 1]
  int source_tokens = 0;
  bool truncated = false;
};

struct PreparedCall {
  SearchOptions search;
  std::vector<PreparedText> texts;
  int64_t num_pieces = 0;  // Of all texts; never more than the queue holds.
};

// An error is one of the whole call: INVALID_ARGUMENT for what it asks,
// RESOURCE_EXHAUSTED where it has more pieces than the model's queue can hold,
// CANCELLED or DEADLINE_EXCEEDED where nobody waits for it any more. Any
// thread.
absl::StatusOr<PreparedCall> PrepareCall(const ServedModel& model,
                                         const CallLimits& limits,
                                         const TranslateCall& call);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_PREPARE_H_
