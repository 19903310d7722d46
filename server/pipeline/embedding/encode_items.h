// The way of a call's items through the engine, whatever is made of them.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_ENCODE_ITEMS_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_ENCODE_ITEMS_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/api/encoder_tokenizer.h"
#include "engine/api/task.h"
#include "server/batching/served_model.h"
#include "server/pipeline/call.h"
#include "server/pipeline/embedding/item_reader.h"
#include "server/pipeline/embedding/items.h"

namespace parley {

// What the engine is given of an item: all of it, or a chunk.
struct ItemPart {
  EncoderInput input;
  // Its segment_ids are set from `input` when it is encoded.
  EncodeOptions options;
  // Of a chunk: its bytes of the text, and tokens that are the text's.
  ByteRange range;
  int num_text_tokens = 0;
  EncoderResult result;  // Once encoded.
};

struct EncodedItem {
  absl::Status status;  // Where not OK, nothing is (or was) encoded.
  std::vector<ItemPart> parts;

  // Special tokens included; of all parts.
  int num_tokens() const;
  bool truncated() const;
};

struct EncodedItems {
  std::vector<EncodedItem> items;
  CallTiming timing;
};

// Reads every item of `items` as one part, to be encoded as `options` say. An
// error is one of the whole call: nobody waits for it any more.
absl::StatusOr<std::vector<EncodedItem>> ReadItems(const Items& items,
                                                   const ItemReader& reader,
                                                   const EncodeOptions& options,
                                                   const CallContext& context);

// Who encodes for which call.
struct EncodeTarget {
  std::shared_ptr<ServedModel> model;
  CallContext context;
  absl::Time begin;  // Of the call.
};

// Has the engine encode the parts of all items that are in order, and gives
// the items back with what became of them. A status of `done` is one of the
// whole call: what the queue or the runner says of all its tasks, or
// RESOURCE_EXHAUSTED where there are more than the queue holds. Calls back as
// RunTasks does. Any thread.
void EncodeItems(EncodeTarget target, std::vector<EncodedItem> items,
                 ReplyCallback<EncodedItems> done);

// The life of a call from its plan on: has plan.items encoded, and answers with
// what `finish` makes of them; where `plan` is an error, with that. The model
// lives until then.
template <typename Plan, typename Reply>
void EncodePlan(EncodeTarget target, absl::StatusOr<Plan> plan,
                absl::StatusOr<Reply> (*finish)(const Plan& plan,
                                                EncodedItems encoded),
                ReplyCallback<Reply> done) {
  if (!plan.ok()) {
    done(std::move(plan).status());
    return;
  }
  std::vector<EncodedItem> items = std::move(plan->items);
  ReplyCallback<EncodedItems> answer =
      [model = target.model, plan = *std::move(plan), finish,
       done = std::move(done)](absl::StatusOr<EncodedItems> encoded) mutable {
        if (encoded.ok()) {
          done(finish(plan, *std::move(encoded)));
        } else {
          done(std::move(encoded).status());
        }
      };
  EncodeItems(std::move(target), std::move(items), std::move(answer));
}

// The result of each item: with its status and counts, and the rest by `fill`
// where it is in order; the status of `fill` becomes the item's.
template <typename Result>
std::vector<Result> CollectResults(
    std::vector<EncodedItem>* items,
    absl::FunctionRef<absl::Status(EncodedItem*, Result*)> fill) {
  std::vector<Result> results;
  results.reserve(items->size());
  for (EncodedItem& item : *items) {
    Result& result = results.emplace_back();
    result.tokens = item.num_tokens();
    result.truncated = item.truncated();
    result.status = std::move(item.status);
    if (result.status.ok()) result.status = fill(&item, &result);
  }
  return results;
}

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_ENCODE_ITEMS_H_
