#include "server/pipeline/embedding/classify.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/pipeline/embedding/encode_items.h"
#include "server/pipeline/embedding/item_reader.h"

namespace parley {
namespace {

struct ClassifyPlan {
  const std::vector<std::string>* labels = nullptr;  // The model's.
  ScoreFunction function = ScoreFunction::kSoftmax;
  size_t top_k = 0;
  std::vector<EncodedItem> items;
};

int64_t AnswerBytes(const ClassifyPlan& plan) {
  constexpr int64_t kLabelBytes = 12;  // Around its name.
  int64_t longest = 0;
  for (const std::string& label : *plan.labels) {
    longest = std::max(longest, static_cast<int64_t>(label.size()));
  }
  return static_cast<int64_t>(plan.items.size() * plan.top_k) *
         (longest + kLabelBytes);
}

absl::StatusOr<ClassifyPlan> Plan(const ServedModel& model,
                                  const CallLimits& limits,
                                  const ClassifyCall& call) {
  PARLEY_RETURN_IF_ERROR(CheckItems(call.items, limits));
  if (call.top_k && *call.top_k < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("top_k is ", *call.top_k, ", but must be 1 or more"));
  }
  const EncoderInfo& info = model.info.encoder;
  ClassifyPlan plan = {
      .labels = &info.labels,
      .function = call.score_function.value_or(DefaultScoreFunction(info)),
      .top_k = info.labels.size()};
  if (call.top_k) {
    plan.top_k = std::min(plan.top_k, static_cast<size_t>(*call.top_k));
  }
  PARLEY_ASSIGN_OR_RETURN(
      const ItemReader reader,
      ItemReader::Create(&model, {.limits = call.limits,
                                  .takes_pairs = !call.items.pairs.empty()}));
  PARLEY_ASSIGN_OR_RETURN(
      plan.items, ReadItems(call.items, reader,
                            {.output = EncoderOutput::kLabels}, call.context));
  PARLEY_RETURN_IF_ERROR(
      ReserveAnswer(AnswerBytes(plan), limits, call.context));
  return plan;
}

absl::Status FillResult(const ClassifyPlan& plan, EncodedItem* item,
                        ClassifyResult* result) {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<float> scores,
                          ScoresOf(item->parts.front().result.values,
                                   plan.labels->size(), plan.function));
  std::vector<int> order = BestFirst(scores);
  order.resize(plan.top_k);
  result->labels.reserve(order.size());
  for (const int index : order) {
    result->labels.push_back({.label = (*plan.labels)[index],
                              .score = scores[index],
                              .index = index});
  }
  return absl::OkStatus();
}

absl::StatusOr<ClassifyReply> Finish(const ClassifyPlan& plan,
                                     EncodedItems encoded) {
  ClassifyReply reply = {.timing = encoded.timing};
  reply.results = CollectResults<ClassifyResult>(
      &encoded.items, [&plan](EncodedItem* item, ClassifyResult* result) {
        return FillResult(plan, item, result);
      });
  return reply;
}

}  // namespace

void Classify(std::shared_ptr<ServedModel> model, const CallLimits& limits,
              ClassifyCall call, ReplyCallback<ClassifyReply> done) {
  EncodeTarget target = {
      .model = std::move(model), .context = call.context, .begin = absl::Now()};
  absl::StatusOr<ClassifyPlan> plan = Plan(*target.model, limits, call);
  EncodePlan(std::move(target), std::move(plan), &Finish, std::move(done));
}

}  // namespace parley
