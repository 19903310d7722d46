#include "server/pipeline/embedding/next_sentence.h"

#include <utility>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/pipeline/embedding/encode_items.h"
#include "server/pipeline/embedding/item_reader.h"
#include "server/pipeline/embedding/scores.h"

namespace parley {
namespace {

struct NextSentencePlan {
  std::vector<EncodedItem> items;
};

absl::StatusOr<NextSentencePlan> Plan(const ServedModel& model,
                                      const CallLimits& limits,
                                      NextSentenceCall call) {
  PARLEY_RETURN_IF_ERROR(CheckNumItems("pairs", call.pairs.size(), limits));
  PARLEY_ASSIGN_OR_RETURN(
      const ItemReader reader,
      ItemReader::Create(&model, {.limits = call.limits, .takes_pairs = true}));
  NextSentencePlan plan;
  PARLEY_ASSIGN_OR_RETURN(
      plan.items,
      ReadItems({.pairs = std::move(call.pairs)}, reader,
                {.output = EncoderOutput::kNextSentence}, call.context));
  return plan;
}

absl::Status FillResult(EncodedItem* item, NextSentenceResult* result) {
  constexpr size_t kFollows = 0;
  std::vector<float>& logits = item->parts.front().result.values;
  PARLEY_ASSIGN_OR_RETURN(const std::vector<float> probabilities,
                          ScoresOf(logits, 2, ScoreFunction::kSoftmax));
  result->probability = probabilities[kFollows];
  result->logits = std::move(logits);
  return absl::OkStatus();
}

absl::StatusOr<NextSentenceReply> Finish(const NextSentencePlan& plan,
                                         EncodedItems encoded) {
  NextSentenceReply reply = {.timing = encoded.timing};
  reply.results =
      CollectResults<NextSentenceResult>(&encoded.items, &FillResult);
  return reply;
}

}  // namespace

void NextSentence(std::shared_ptr<ServedModel> model, const CallLimits& limits,
                  NextSentenceCall call,
                  ReplyCallback<NextSentenceReply> done) {
  EncodeTarget target = {
      .model = std::move(model), .context = call.context, .begin = absl::Now()};
  absl::StatusOr<NextSentencePlan> plan =
      Plan(*target.model, limits, std::move(call));
  EncodePlan(std::move(target), std::move(plan), &Finish, std::move(done));
}

}  // namespace parley
