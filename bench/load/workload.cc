#include "bench/load/workload.h"

#include <utility>

namespace parley::load {
namespace {

bool IsDrawn(double share, std::mt19937_64& generator) {
  return std::bernoulli_distribution(share)(generator);
}

}  // namespace

Workload::Workload(const WorkloadOptions& options,
                   std::vector<std::string> lines)
    : options_(options),
      texts_(std::move(lines), options.texts),
      // Not the texts' own numbers, or they would follow what is cancelled.
      generator_(options.texts.seed + 1) {}

CallPlan Workload::Draw(int num_texts) {
  CallPlan plan;
  if (IsDrawn(options_.embedding_share, generator_)) {
    plan.embed.emplace();
    plan.embed->set_model(options_.embedding_model);
    *plan.embed->mutable_call() = options_.call_options;
  } else {
    plan.translate.emplace();
    plan.translate->set_model(options_.translation_model);
    plan.translate->set_source_language(options_.source_language);
    plan.translate->set_target_language(options_.target_language);
    *plan.translate->mutable_options() = options_.translate_options;
    *plan.translate->mutable_call() = options_.call_options;
  }
  for (int i = 0; i < num_texts; ++i) {
    DrawnText drawn = texts_.Draw();
    if (i == 0) plan.kind = drawn.kind;
    if (plan.embed.has_value()) {
      plan.embed->add_texts(std::move(drawn.text));
    } else {
      plan.translate->add_texts(std::move(drawn.text));
    }
  }
  if (IsDrawn(options_.cancel_share, generator_)) {
    plan.cancel_after =
        std::uniform_real_distribution<double>(0, 1)(generator_) *
        options_.cancel_within;
  }
  return plan;
}

}  // namespace parley::load
