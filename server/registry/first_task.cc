#include "server/registry/first_task.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/status_macros.h"

namespace parley {
namespace {

constexpr char kText[] = "a";
// A few steps touch all that a translation uses.
constexpr int kMaxNewTokens = 4;

absl::StatusOr<Task> MakeTask(const ServedModel& model) {
  Task task;
  if (model.info.kind == ModelKind::kTranslation) {
    PARLEY_ASSIGN_OR_RETURN(Encoding encoding,
                            model.tokenizer->Encode(kText, ""));
    task.source_ids = std::move(encoding.ids);
    task.search = model.info.default_search;
    task.search.max_new_tokens =
        std::min(task.search.max_new_tokens, kMaxNewTokens);
    task.search.min_new_tokens =
        std::min(task.search.min_new_tokens, task.search.max_new_tokens);
    return task;
  }
  PARLEY_ASSIGN_OR_RETURN(const Encoding encoding,
                          model.encoder_tokenizer->Tokenize(kText));
  PARLEY_ASSIGN_OR_RETURN(
      EncoderInput input,
      model.encoder_tokenizer->Assemble(
          encoding, nullptr, {.max_tokens = model.info.encoder.max_tokens}));
  task.source_ids = std::move(input.ids);
  task.encode.pooling = model.info.encoder.pooling;
  return task;
}

absl::Status RunTask(const ServedModel& model) {
  QueueEntry entry;
  PARLEY_ASSIGN_OR_RETURN(entry.task, MakeTask(model));
  PARLEY_ASSIGN_OR_RETURN(entry.cost, model.Cost(entry.task));
  entry.is_refusable = false;
  absl::Notification answered;
  absl::Status status;
  entry.done = [&](TaskOutcome outcome) {
    status = outcome.result.status();
    answered.Notify();
  };
  std::vector<QueueEntry> entries;
  entries.push_back(std::move(entry));
  PARLEY_RETURN_IF_ERROR(model.queue->Push(std::move(entries)));
  answered.WaitForNotification();
  return status;
}

}  // namespace

absl::Status RunFirstTask(const ServedModel& model) {
  const absl::Status status = RunTask(model);
  if (status.ok()) return status;
  return absl::Status(
      status.code(), absl::StrCat("its first task failed: ", status.message()));
}

}  // namespace parley
