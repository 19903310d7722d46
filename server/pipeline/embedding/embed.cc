#include "server/pipeline/embedding/embed.h"

#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/pipeline/embedding/embedder.h"
#include "server/pipeline/embedding/encode_items.h"

namespace parley {
namespace {

// A call that has been checked, and its items before they are encoded.
struct EmbedPlan {
  Embedder embedder;
  EmbedOptions options;
  std::vector<EncodedItem> items;
};

int64_t NumVectors(const EmbedPlan& plan) {
  int64_t num_vectors = 0;
  for (const EncodedItem& item : plan.items) {
    num_vectors += std::ssize(item.parts);
  }
  return num_vectors;
}

absl::StatusOr<EmbedPlan> Plan(const ServedModel& model,
                               const CallLimits& limits,
                               const EmbedCall& call) {
  PARLEY_RETURN_IF_ERROR(CheckItems(call.items, limits));
  PARLEY_ASSIGN_OR_RETURN(Embedder embedder,
                          Embedder::Create(&model, call.options, call.items));
  PARLEY_ASSIGN_OR_RETURN(std::vector<EncodedItem> items,
                          embedder.Read(call.items, call.context));
  EmbedPlan plan = {.embedder = std::move(embedder),
                    .options = call.options,
                    .items = std::move(items)};
  const int64_t vector_bytes =
      PackedBytes(call.options.format, plan.embedder.dimensions());
  PARLEY_RETURN_IF_ERROR(
      ReserveAnswer(NumVectors(plan) * vector_bytes, limits, call.context));
  return plan;
}

absl::Status FillChunks(const EmbedPlan& plan, EncodedItem* item,
                        EmbedResult* result) {
  std::vector<EmbedChunk> chunks;
  chunks.reserve(item->parts.size());
  for (ItemPart& part : item->parts) {
    EmbedChunk& chunk = chunks.emplace_back();
    chunk.tokens = static_cast<int>(part.input.ids.size());
    chunk.range = part.range;
    PARLEY_ASSIGN_OR_RETURN(const std::vector<float> vector,
                            plan.embedder.VectorOf(std::move(part)));
    PARLEY_ASSIGN_OR_RETURN(chunk.vector,
                            PackVector(vector, plan.options.format));
  }
  result->chunks = std::move(chunks);
  result->dimensions = plan.embedder.dimensions();
  return absl::OkStatus();
}

absl::Status FillResult(const EmbedPlan& plan, EncodedItem* item,
                        EmbedResult* result) {
  const std::optional<Chunking>& chunking = plan.options.chunking;
  if (chunking && chunking->output == Chunking::Output::kChunks) {
    return FillChunks(plan, item, result);
  }
  PARLEY_ASSIGN_OR_RETURN(
      const std::vector<float> vector,
      chunking ? plan.embedder.MeanOf(item->parts)
               : plan.embedder.VectorOf(std::move(item->parts.front())));
  PARLEY_ASSIGN_OR_RETURN(result->vector,
                          PackVector(vector, plan.options.format));
  result->dimensions = plan.embedder.dimensions();
  return absl::OkStatus();
}

absl::StatusOr<EmbedReply> Finish(const EmbedPlan& plan, EncodedItems encoded) {
  EmbedReply reply = {.timing = encoded.timing};
  reply.results = CollectResults<EmbedResult>(
      &encoded.items, [&plan](EncodedItem* item, EmbedResult* result) {
        return FillResult(plan, item, result);
      });
  return reply;
}

}  // namespace

void Embed(std::shared_ptr<ServedModel> model, const CallLimits& limits,
           EmbedCall call, ReplyCallback<EmbedReply> done) {
  EncodeTarget target = {
      .model = std::move(model), .context = call.context, .begin = absl::Now()};
  absl::StatusOr<EmbedPlan> plan = Plan(*target.model, limits, call);
  EncodePlan(std::move(target), std::move(plan), &Finish, std::move(done));
}

}  // namespace parley
