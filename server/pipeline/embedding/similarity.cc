#include "server/pipeline/embedding/similarity.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/pipeline/embedding/embedder.h"
#include "server/pipeline/embedding/encode_items.h"
#include "server/pipeline/embedding/scores.h"

namespace parley {
namespace {

// The items are the others, and behind them the text.
struct SimilarityPlan {
  Embedder embedder;
  SimilarityMeasure measure = SimilarityMeasure::kCosine;
  std::vector<EncodedItem> items;
};

absl::Status OfText(const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("text: ", status.message()));
}

absl::StatusOr<SimilarityPlan> Plan(const ServedModel& model,
                                    const CallLimits& limits,
                                    SimilarityCall call) {
  PARLEY_RETURN_IF_ERROR(CheckNumItems("others", call.others.size(), limits));
  Items items = {.texts = std::move(call.others)};
  items.texts.push_back(std::move(call.text));
  PARLEY_ASSIGN_OR_RETURN(Embedder embedder,
                          Embedder::Create(&model, call.options, items));
  PARLEY_ASSIGN_OR_RETURN(std::vector<EncodedItem> read,
                          embedder.Read(items, call.context));
  if (!read.back().status.ok()) return OfText(read.back().status);
  return SimilarityPlan{.embedder = std::move(embedder),
                        .measure = model.info.encoder.similarity,
                        .items = std::move(read)};
}

absl::StatusOr<SimilarityReply> Finish(const SimilarityPlan& plan,
                                       EncodedItems encoded) {
  EncodedItem text = std::move(encoded.items.back());
  encoded.items.pop_back();
  if (!text.status.ok()) return OfText(text.status);
  const absl::StatusOr<std::vector<float>> of_text =
      plan.embedder.VectorOf(std::move(text.parts.front()));
  if (!of_text.ok()) return OfText(of_text.status());
  SimilarityReply reply = {.timing = encoded.timing};
  reply.results = CollectResults<SimilarityResult>(
      &encoded.items,
      [&](EncodedItem* item, SimilarityResult* result) -> absl::Status {
        PARLEY_ASSIGN_OR_RETURN(
            const std::vector<float> vector,
            plan.embedder.VectorOf(std::move(item->parts.front())));
        result->score = SimilarityOf(*of_text, vector, plan.measure);
        return absl::OkStatus();
      });
  return reply;
}

}  // namespace

void Similarity(std::shared_ptr<ServedModel> model, const CallLimits& limits,
                SimilarityCall call, ReplyCallback<SimilarityReply> done) {
  EncodeTarget target = {
      .model = std::move(model), .context = call.context, .begin = absl::Now()};
  absl::StatusOr<SimilarityPlan> plan =
      Plan(*target.model, limits, std::move(call));
  EncodePlan(std::move(target), std::move(plan), &Finish, std::move(done));
}

}  // namespace parley
