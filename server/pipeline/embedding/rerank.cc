#include "server/pipeline/embedding/rerank.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/pipeline/embedding/encode_items.h"
#include "server/pipeline/embedding/item_reader.h"

namespace parley {
namespace {

struct RerankPlan {
  ScoreFunction function = ScoreFunction::kSigmoid;
  size_t top_n = 0;
  std::vector<std::string> documents;  // Where they are to be returned.
  std::vector<EncodedItem> items;
};

// Logits are the greater the better in every function there is.
absl::Status CheckOptions(const RerankCall& call) {
  if (call.score_function == ScoreFunction::kSoftmax) {
    return absl::InvalidArgumentError(
        "score_function is SCORE_FUNCTION_SOFTMAX, but documents are scored "
        "each by itself: take SCORE_FUNCTION_SIGMOID or _NONE");
  }
  if (call.top_n && *call.top_n < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("top_n is ", *call.top_n, ", but must be 1 or more"));
  }
  return absl::OkStatus();
}

absl::StatusOr<RerankPlan> Plan(const ServedModel& model,
                                const CallLimits& limits, RerankCall call) {
  PARLEY_RETURN_IF_ERROR(
      CheckNumItems("documents", call.documents.size(), limits));
  PARLEY_RETURN_IF_ERROR(CheckOptions(call));
  PARLEY_ASSIGN_OR_RETURN(
      const ItemReader reader,
      ItemReader::Create(&model, {.limits = call.limits, .takes_pairs = true}));
  Items items;
  items.pairs.reserve(call.documents.size());
  for (const std::string& document : call.documents) {
    items.pairs.push_back({.first = call.query, .second = document});
  }
  RerankPlan plan = {
      .function = call.score_function.value_or(ScoreFunction::kSigmoid),
      .top_n = call.top_n ? static_cast<size_t>(*call.top_n)
                          : call.documents.size()};
  PARLEY_ASSIGN_OR_RETURN(
      plan.items, ReadItems(items, reader, {.output = EncoderOutput::kLabels},
                            call.context));
  if (call.return_documents) plan.documents = std::move(call.documents);
  return plan;
}

absl::Status FillResult(const RerankPlan& plan, EncodedItem* item,
                        RerankResult* result) {
  PARLEY_ASSIGN_OR_RETURN(
      const std::vector<float> scores,
      ScoresOf(item->parts.front().result.values, 1, plan.function));
  result->score = scores.front();
  return absl::OkStatus();
}

absl::StatusOr<RerankReply> Finish(const RerankPlan& plan,
                                   EncodedItems encoded) {
  RerankReply reply = {.timing = encoded.timing};
  reply.results = CollectResults<RerankResult>(
      &encoded.items, [&plan](EncodedItem* item, RerankResult* result) {
        return FillResult(plan, item, result);
      });
  std::vector<RerankResult>& results = reply.results;
  for (size_t i = 0; i < results.size(); ++i) {
    results[i].index = static_cast<int>(i);
    if (!plan.documents.empty()) results[i].document = plan.documents[i];
  }
  std::stable_sort(results.begin(), results.end(),
                   [](const RerankResult& a, const RerankResult& b) {
                     if (a.status.ok() != b.status.ok()) return a.status.ok();
                     return a.status.ok() && a.score > b.score;
                   });
  const auto failed = std::find_if(
      results.begin(), results.end(),
      [](const RerankResult& result) { return !result.status.ok(); });
  const size_t num_good = static_cast<size_t>(failed - results.begin());
  if (num_good > plan.top_n) {
    results.erase(results.begin() + static_cast<std::ptrdiff_t>(plan.top_n),
                  failed);
  }
  return reply;
}

}  // namespace

void Rerank(std::shared_ptr<ServedModel> model, const CallLimits& limits,
            RerankCall call, ReplyCallback<RerankReply> done) {
  EncodeTarget target = {
      .model = std::move(model), .context = call.context, .begin = absl::Now()};
  absl::StatusOr<RerankPlan> plan =
      Plan(*target.model, limits, std::move(call));
  EncodePlan(std::move(target), std::move(plan), &Finish, std::move(done));
}

}  // namespace parley
