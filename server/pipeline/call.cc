#include "server/pipeline/call.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "server/batching/policy.h"

namespace parley {
namespace {

// What an answer needs to get to the peer.
constexpr absl::Duration kMinWayBack = absl::Milliseconds(5);
constexpr absl::Duration kMaxWayBack = absl::Milliseconds(100);

}  // namespace

bool IsOfWholeCall(const absl::Status& status, bool allow_partial) {
  if (absl::IsDeadlineExceeded(status)) return !allow_partial;
  return absl::IsCancelled(status) || absl::IsUnavailable(status);
}

absl::Time AnswerDeadline(const CallContext& context, absl::Time now) {
  if (!context.allow_partial) return context.deadline;
  return context.deadline -
         std::clamp((context.deadline - now) / 20, kMinWayBack, kMaxWayBack);
}

absl::Status StillWanted(const CallContext& context) {
  return StillWanted(context.cancel.get(), context.deadline, absl::Now());
}

absl::Status CheckRoom(const ServedModel& model, const CallContext& context) {
  return model.queue->CheckRoom({.flow = context.flow,
                                 .deadline = context.deadline,
                                 .is_refusable = context.is_refusable});
}

absl::Status CheckNumItems(absl::string_view field, size_t num_items,
                           const CallLimits& limits) {
  if (num_items <= static_cast<size_t>(limits.max_texts_per_request)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(field, " has ", num_items, " entries, but at most ",
                   limits.max_texts_per_request, " are allowed in a request"));
}

absl::Status CheckUtf8(absl::string_view text) {
  const size_t num_valid_bytes = ValidUtf8PrefixBytes(text);
  if (num_valid_bytes == text.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the text is not valid UTF-8 at byte ", num_valid_bytes));
}

absl::Status CheckAnswerSize(int64_t bytes, const CallLimits& limits) {
  if (bytes <= limits.max_response_bytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the answer would take ", bytes, " bytes or more, but may take at most ",
      limits.max_response_bytes, "; ask for less in one request"));
}

absl::Status ReserveAnswer(int64_t bytes, const CallLimits& limits,
                           const CallContext& context) {
  PARLEY_RETURN_IF_ERROR(CheckAnswerSize(bytes, limits));
  return context.reserve ? context.reserve(bytes) : absl::OkStatus();
}

}  // namespace parley
