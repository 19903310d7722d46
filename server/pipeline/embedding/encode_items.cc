#include "server/pipeline/embedding/encode_items.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/pipeline/task_group.h"

namespace parley {
namespace {

// Items that wait for the engine. Each part's result and status are written
// by its own callback, all else by one thread at a time.
class PendingItems {
 public:
  PendingItems(std::shared_ptr<ServedModel> model,
               std::vector<EncodedItem> items)
      : model_(std::move(model)), items_(std::move(items)) {}

  // A task for each part of the items that are in order, which are fewer
  // after it: the engine may refuse some.
  std::vector<PreparedTask> MakeTasks() {
    std::vector<PreparedTask> tasks;
    for (EncodedItem& item : items_) {
      if (!item.status.ok()) continue;
      const size_t num_tasks = tasks.size();
      for (ItemPart& part : item.parts) {
        absl::StatusOr<PreparedTask> task = MakeTask(part);
        if (!task.ok()) {
          item.status = std::move(task).status();
          break;
        }
        tasks.push_back(*std::move(task));
        slots_.push_back({.item = &item, .part = &part});
      }
      if (item.status.ok()) continue;
      tasks.resize(num_tasks);
      slots_.resize(num_tasks);
    }
    statuses_.resize(tasks.size());
    return tasks;
  }

  // The result of the task at `index` of those made.
  void Complete(size_t index, absl::StatusOr<TaskResult> result) {
    if (result.ok()) {
      slots_[index].part->result = std::move(result->encoded);
    } else {
      statuses_[index] = std::move(result).status();
    }
  }

  // After the last.
  std::vector<EncodedItem> Take() {
    for (size_t i = 0; i < statuses_.size(); ++i) {
      slots_[i].item->status.Update(std::move(statuses_[i]));
    }
    return std::move(items_);
  }

 private:
  struct Slot {
    EncodedItem* item;
    ItemPart* part;
  };

  absl::StatusOr<PreparedTask> MakeTask(const ItemPart& part) const {
    PreparedTask prepared;
    prepared.task.source_ids = part.input.ids;
    prepared.task.encode = part.options;
    prepared.task.encode.segment_ids = part.input.segment_ids;
    PARLEY_ASSIGN_OR_RETURN(prepared.cost, model_->Cost(prepared.task));
    return prepared;
  }

  const std::shared_ptr<ServedModel> model_;
  std::vector<EncodedItem> items_;
  std::vector<Slot> slots_;             // [num_tasks]
  std::vector<absl::Status> statuses_;  // [num_tasks]
};

absl::StatusOr<EncoderInput> ReadOne(const Items& items, size_t index,
                                     const ItemReader& reader) {
  if (!items.texts.empty()) return reader.ReadText(items.texts[index]);
  if (!items.pairs.empty()) return reader.ReadPair(items.pairs[index]);
  return reader.ReadInput(items.inputs[index]);
}

}  // namespace

int EncodedItem::num_tokens() const {
  size_t num_tokens = 0;
  for (const ItemPart& part : parts) num_tokens += part.input.ids.size();
  return static_cast<int>(num_tokens);
}

bool EncodedItem::truncated() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const ItemPart& part) { return part.input.truncated; });
}

absl::StatusOr<std::vector<EncodedItem>> ReadItems(const Items& items,
                                                   const ItemReader& reader,
                                                   const EncodeOptions& options,
                                                   const CallContext& context) {
  std::vector<EncodedItem> read(items.size());
  for (size_t i = 0; i < read.size(); ++i) {
    PARLEY_RETURN_IF_ERROR(StillWanted(context));
    absl::StatusOr<EncoderInput> input = ReadOne(items, i, reader);
    if (input.ok()) {
      read[i].parts.push_back({.input = *std::move(input), .options = options});
    } else {
      read[i].status = std::move(input).status();
    }
  }
  return read;
}

void EncodeItems(EncodeTarget target, std::vector<EncodedItem> items,
                 ReplyCallback<EncodedItems> done) {
  const TaskQueue& queue = *target.model->queue;
  const auto pending =
      std::make_shared<PendingItems>(target.model, std::move(items));
  TaskGroup group;
  group.tasks = pending->MakeTasks();
  if (std::ssize(group.tasks) > queue.max_tasks()) {
    done(absl::ResourceExhaustedError(absl::StrCat(
        "the call's items make ", group.tasks.size(), " tasks, but all that ",
        "the queue can hold is ", queue.max_tasks())));
    return;
  }
  group.each = [pending](size_t index, absl::StatusOr<TaskResult> result) {
    pending->Complete(index, std::move(result));
  };
  group.done =
      [pending, tokenize = absl::Now() - target.begin,
       done = std::move(done)](absl::StatusOr<CallTiming> timing) mutable {
        if (!timing.ok()) {
          done(std::move(timing).status());
          return;
        }
        timing->tokenize = tokenize;
        done(EncodedItems{.items = pending->Take(), .timing = *timing});
      };
  RunTasks(std::move(group), target.context, std::move(target.model));
}

}  // namespace parley
