// What calls of every method have in common.
#ifndef PARLEY_SERVER_PIPELINE_CALL_H_
#define PARLEY_SERVER_PIPELINE_CALL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "engine/api/task.h"
#include "server/batching/served_model.h"
#include "server/batching/task_queue.h"

namespace parley {

// More of one text's best translation; the fields of parley.v1.TranslateDelta.
struct TextDelta {
  size_t index = 0;
  std::string text;
  std::vector<TokenId> token_ids;  // Only with return_tokens.
  bool is_last = false;
};

// What a call carries from the wire through the pipeline.
struct CallContext {
  absl::Time deadline = absl::InfiniteFuture();
  std::shared_ptr<const CancelFlag> cancel;  // May be null.
  Flow flow;
  bool is_refusable = true;    // See QueueEntry.
  bool allow_partial = false;  // See parley.v1.CallOptions.
  bool no_cache = false;
  // Asks for memory for an answer, until the call has ended: RESOURCE_EXHAUSTED
  // where there is none now. Null: unbounded. Called only before the pipeline's
  // function for the method returns.
  std::function<absl::Status(int64_t bytes)> reserve;
  // Calls `call` at `time`, on any thread, unless what it returned is let go
  // before. Null: answers of allow_partial wait for the engine's step to end.
  std::function<std::shared_ptr<void>(absl::Time time,
                                      std::function<void()> call)>
      call_at;
  // Told of translations as they come to be (see Translate). Null: nobody
  // listens.
  std::function<void(TextDelta)> tell;
};

// What a call may ask for at most.
struct CallLimits {
  int max_texts_per_request = 1024;
  int64_t max_response_bytes = int64_t{64} << 20;
};

struct CallTiming {
  absl::Duration tokenize;
  absl::Duration queue;
  absl::Duration compute;
};

// How the pipeline answers a call: exactly once.
template <typename Reply>
using ReplyCallback = absl::AnyInvocable<void(absl::StatusOr<Reply>)>;

// Whether `status` is one of the call rather than of one of its items: the
// runner says some for reasons that all tasks of a call share. That time is up
// is the items' own where the call takes part of the answer, allow_partial.
bool IsOfWholeCall(const absl::Status& status, bool allow_partial);

// By when a call that began at `now` is to be answered, so that the answer is
// there by context.deadline. With allow_partial the last twentieth of its time
// is kept for that, at least 5 ms and at most 100 ms.
absl::Time AnswerDeadline(const CallContext& context, absl::Time now);

// Why nobody waits for the call any more, or OK.
absl::Status StillWanted(const CallContext& context);

// Whether `model` would take the call's tasks now; see TaskQueue::CheckRoom.
absl::Status CheckRoom(const ServedModel& model, const CallContext& context);

// INVALID_ARGUMENT where the field of that name has more entries than a
// request may.
absl::Status CheckNumItems(absl::string_view field, size_t num_items,
                           const CallLimits& limits);

// INVALID_ARGUMENT, saying where, unless `text` is valid UTF-8.
absl::Status CheckUtf8(absl::string_view text);

// INVALID_ARGUMENT where no answer may take `bytes`.
absl::Status CheckAnswerSize(int64_t bytes, const CallLimits& limits);

// Makes room for an answer whose greatest part takes `bytes`, before anything
// is computed for it: INVALID_ARGUMENT where no answer may be that large, else
// what context.reserve says.
absl::Status ReserveAnswer(int64_t bytes, const CallLimits& limits,
                           const CallContext& context);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_CALL_H_
