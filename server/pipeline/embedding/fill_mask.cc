#include "server/pipeline/embedding/fill_mask.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/pipeline/embedding/encode_items.h"
#include "server/pipeline/embedding/item_reader.h"

namespace parley {
namespace {

struct FillMaskPlan {
  const EncoderTokenizer* tokenizer = nullptr;  // The model's.
  int top_k = 0;
  std::vector<EncodedItem> items;
};

absl::StatusOr<int> ResolveTopK(const FillMaskCall& call, int vocab_size) {
  const int most = std::min(FillMaskCall::kMaxTopK, vocab_size);
  if (!call.top_k) return std::min(FillMaskCall::kDefaultTopK, most);
  if (*call.top_k >= 1 && *call.top_k <= most) return *call.top_k;
  return absl::InvalidArgumentError(
      absl::StrCat("top_k is ", *call.top_k, ", but must be from 1 to ", most));
}

// Where the mask tokens of `part` are.
absl::Status FindMasks(TokenId mask, const EncoderTokenizer& tokenizer,
                       ItemPart* part) {
  std::vector<int>& positions = part->options.positions;
  const std::vector<TokenId>& ids = part->input.ids;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == mask) positions.push_back(static_cast<int>(i));
  }
  if (!positions.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "there is no ", tokenizer.TokenText(mask), " in ",
      part->input.truncated ? "what is left of the text, which was cut"
                            : "the text"));
}

int64_t NumMasks(const std::vector<EncodedItem>& items) {
  int64_t num_masks = 0;
  for (const EncodedItem& item : items) {
    for (const ItemPart& part : item.parts) {
      num_masks += std::ssize(part.options.positions);
    }
  }
  return num_masks;
}

absl::StatusOr<FillMaskPlan> Plan(const ServedModel& model,
                                  const CallLimits& limits,
                                  const FillMaskCall& call) {
  constexpr int64_t kFilledTokenBytes = 32;  // In an answer, roughly.
  PARLEY_RETURN_IF_ERROR(CheckNumItems("texts", call.texts.size(), limits));
  const EncoderTokenizer& tokenizer = *model.encoder_tokenizer;
  FillMaskPlan plan = {.tokenizer = &tokenizer};
  PARLEY_ASSIGN_OR_RETURN(plan.top_k, ResolveTopK(call, model.info.vocab_size));
  const std::optional<TokenId> mask = tokenizer.mask_token();
  if (!mask) {
    return absl::FailedPreconditionError(
        absl::StrCat("the vocabulary of model \"", model.name,
                     "\" has no mask token to fill"));
  }
  PARLEY_ASSIGN_OR_RETURN(const ItemReader reader,
                          ItemReader::Create(&model, {.limits = call.limits}));
  const EncodeOptions options = {.output = EncoderOutput::kMaskedTokens,
                                 .top_k = plan.top_k};
  PARLEY_ASSIGN_OR_RETURN(plan.items, ReadItems({.texts = call.texts}, reader,
                                                options, call.context));
  for (EncodedItem& item : plan.items) {
    if (!item.status.ok()) continue;
    item.status = FindMasks(*mask, tokenizer, &item.parts.front());
  }
  PARLEY_RETURN_IF_ERROR(
      ReserveAnswer(NumMasks(plan.items) * plan.top_k * kFilledTokenBytes,
                    limits, call.context));
  return plan;
}

absl::Status FillOne(const FillMaskPlan& plan,
                     const std::vector<ScoredToken>& scored,
                     FilledMask* filled) {
  if (std::ssize(scored) != plan.top_k) {
    return absl::InternalError(absl::StrCat("the model gave ", scored.size(),
                                            " tokens for a mask, not ",
                                            plan.top_k));
  }
  filled->tokens.reserve(scored.size());
  for (const ScoredToken& token : scored) {
    if (!std::isfinite(token.log_prob)) {
      return absl::InternalError(
          absl::StrCat("the model gave the log-probability ", token.log_prob));
    }
    filled->tokens.push_back(
        {.id = token.id,
         .token = plan.tokenizer->TokenText(token.id),
         .text = plan.tokenizer->Decode({token.id},
                                        /*keep_special_tokens=*/true),
         .probability = std::exp(token.log_prob),
         .log_prob = token.log_prob});
  }
  return absl::OkStatus();
}

absl::Status FillResult(const FillMaskPlan& plan, EncodedItem* item,
                        FillMaskResult* result) {
  const ItemPart& part = item->parts.front();
  const std::vector<int>& positions = part.options.positions;
  if (part.result.masked_tokens.size() != positions.size()) {
    return absl::InternalError(absl::StrCat("the model filled ",
                                            part.result.masked_tokens.size(),
                                            " masks, not ", positions.size()));
  }
  std::vector<FilledMask> masks(positions.size());
  for (size_t i = 0; i < masks.size(); ++i) {
    masks[i].position = positions[i];
    PARLEY_RETURN_IF_ERROR(
        FillOne(plan, part.result.masked_tokens[i], &masks[i]));
  }
  result->masks = std::move(masks);
  return absl::OkStatus();
}

absl::StatusOr<FillMaskReply> Finish(const FillMaskPlan& plan,
                                     EncodedItems encoded) {
  FillMaskReply reply = {.timing = encoded.timing};
  reply.results = CollectResults<FillMaskResult>(
      &encoded.items, [&plan](EncodedItem* item, FillMaskResult* result) {
        return FillResult(plan, item, result);
      });
  return reply;
}

}  // namespace

void FillMask(std::shared_ptr<ServedModel> model, const CallLimits& limits,
              FillMaskCall call, ReplyCallback<FillMaskReply> done) {
  EncodeTarget target = {
      .model = std::move(model), .context = call.context, .begin = absl::Now()};
  absl::StatusOr<FillMaskPlan> plan = Plan(*target.model, limits, call);
  EncodePlan(std::move(target), std::move(plan), &Finish, std::move(done));
}

}  // namespace parley
