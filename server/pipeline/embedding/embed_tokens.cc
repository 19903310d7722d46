#include "server/pipeline/embedding/embed_tokens.h"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "server/pipeline/embedding/encode_items.h"
#include "server/pipeline/embedding/item_reader.h"

namespace parley {
namespace {

struct EmbedTokensPlan {
  const EncoderTokenizer* tokenizer = nullptr;  // The model's.
  VectorFormat format = VectorFormat::kF32;
  int dimensions = 0;
  std::vector<EncodedItem> items;
};

// As the engine counts them: none negative.
absl::StatusOr<std::vector<int>> ResolveLayers(const std::vector<int>& layers,
                                               int num_layers) {
  if (std::ssize(layers) > num_layers + 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "options.layers has ", layers.size(), " entries, but the model has ",
        num_layers + 1, " outputs of layers, the embeddings' included"));
  }
  std::vector<int> resolved;
  resolved.reserve(layers.size());
  for (const int layer : layers) {
    if (layer < -(num_layers + 1) || layer > num_layers) {
      return absl::InvalidArgumentError(
          absl::StrCat("options.layers has ", layer, ", but must be from ",
                       -(num_layers + 1), " to ", num_layers));
    }
    resolved.push_back(layer < 0 ? layer + num_layers + 1 : layer);
  }
  if (resolved.empty()) resolved.push_back(num_layers);
  return resolved;
}

int64_t NumTokens(const std::vector<EncodedItem>& items) {
  int64_t num_tokens = 0;
  for (const EncodedItem& item : items) num_tokens += item.num_tokens();
  return num_tokens;
}

absl::StatusOr<EmbedTokensPlan> Plan(const ServedModel& model,
                                     const CallLimits& limits,
                                     const EmbedTokensCall& call) {
  PARLEY_RETURN_IF_ERROR(CheckNumItems("texts", call.texts.size(), limits));
  const EncoderInfo& info = model.info.encoder;
  EncodeOptions options = {.output = EncoderOutput::kTokenVectors,
                           .layer_join = call.join};
  PARLEY_ASSIGN_OR_RETURN(options.layers,
                          ResolveLayers(call.layers, info.num_layers));
  PARLEY_ASSIGN_OR_RETURN(const ItemReader reader,
                          ItemReader::Create(&model, {.limits = call.limits}));
  EmbedTokensPlan plan = {.tokenizer = model.encoder_tokenizer.get(),
                          .format = call.format,
                          .dimensions = info.d_model};
  if (call.join == LayerJoin::kConcatenate) {
    plan.dimensions *= static_cast<int>(options.layers.size());
  }
  PARLEY_ASSIGN_OR_RETURN(plan.items, ReadItems({.texts = call.texts}, reader,
                                                options, call.context));
  const int64_t token_bytes =
      PackedBytes(call.format, plan.dimensions) + kTextTokenBytes;
  PARLEY_RETURN_IF_ERROR(
      ReserveAnswer(NumTokens(plan.items) * token_bytes, limits, call.context));
  return plan;
}

absl::Status FillResult(const EmbedTokensPlan& plan, EncodedItem* item,
                        EmbedTokensResult* result) {
  const ItemPart& part = item->parts.front();
  const absl::Span<const float> values = part.result.values;
  const size_t width = static_cast<size_t>(plan.dimensions);
  const size_t num_tokens = part.input.ids.size();
  if (values.size() != num_tokens * width) {
    return absl::InternalError(
        absl::StrCat("the model gave ", values.size(), " numbers for ",
                     num_tokens, " tokens of ", width, " dimensions"));
  }
  std::string vectors;
  vectors.reserve(
      static_cast<size_t>(PackedBytes(plan.format, std::ssize(values))));
  for (size_t i = 0; i < num_tokens; ++i) {
    const absl::Span<const float> vector = values.subspan(i * width, width);
    PARLEY_RETURN_IF_ERROR(CheckVector(vector));
    PARLEY_ASSIGN_OR_RETURN(const PackedVector packed,
                            PackVector(vector, plan.format));
    vectors += packed.bytes;
  }
  result->vectors = std::move(vectors);
  result->dimensions = plan.dimensions;
  result->token_list = ListTokens(part.input, *plan.tokenizer);
  return absl::OkStatus();
}

absl::StatusOr<EmbedTokensReply> Finish(const EmbedTokensPlan& plan,
                                        EncodedItems encoded) {
  EmbedTokensReply reply = {.timing = encoded.timing};
  reply.results = CollectResults<EmbedTokensResult>(
      &encoded.items, [&plan](EncodedItem* item, EmbedTokensResult* result) {
        return FillResult(plan, item, result);
      });
  return reply;
}

}  // namespace

void EmbedTokens(std::shared_ptr<ServedModel> model, const CallLimits& limits,
                 EmbedTokensCall call, ReplyCallback<EmbedTokensReply> done) {
  EncodeTarget target = {
      .model = std::move(model), .context = call.context, .begin = absl::Now()};
  absl::StatusOr<EmbedTokensPlan> plan = Plan(*target.model, limits, call);
  EncodePlan(std::move(target), std::move(plan), &Finish, std::move(done));
}

}  // namespace parley
