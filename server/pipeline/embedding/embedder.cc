#include "server/pipeline/embedding/embedder.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/pipeline/embedding/chunks.h"

namespace parley {
namespace {

absl::Status OnlyForTexts(absl::string_view option, absl::string_view kind) {
  return absl::InvalidArgumentError(
      absl::StrCat("options.", option, " does not go with ", kind));
}

absl::Status CheckKind(const EmbedOptions& options, const Items& items) {
  if (options.chunking && !items.pairs.empty()) {
    return OnlyForTexts("chunking", "pairs");
  }
  if (items.inputs.empty()) return absl::OkStatus();
  if (options.chunking) return OnlyForTexts("chunking", "inputs");
  if (options.prompt_name) return OnlyForTexts("prompt_name", "inputs");
  if (options.prompt) return OnlyForTexts("prompt", "inputs");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Embedder> Embedder::Create(const ServedModel* model,
                                          const EmbedOptions& options,
                                          const Items& items) {
  const EncoderInfo& info = model->info.encoder;
  PARLEY_RETURN_IF_ERROR(CheckKind(options, items));
  PARLEY_ASSIGN_OR_RETURN(ResolvedEmbedOptions resolved,
                          ResolveEmbedOptions(options, info));
  if (!items.inputs.empty()) resolved.prompt.clear();
  PARLEY_ASSIGN_OR_RETURN(
      ItemReader reader,
      ItemReader::Create(model, {.limits = options.limits,
                                 .prompt = resolved.prompt,
                                 .takes_pairs = !items.pairs.empty()}));
  if (options.chunking) {
    PARLEY_RETURN_IF_ERROR(CheckChunking(*options.chunking, reader));
  }
  if (!info.pools_prompt) {
    PARLEY_ASSIGN_OR_RETURN(resolved.encode.num_unpooled_tokens,
                            reader.CountPromptTokens());
  }
  return Embedder(std::move(reader), std::move(resolved), options.chunking);
}

absl::StatusOr<std::vector<EncodedItem>> Embedder::Read(
    const Items& items, const CallContext& context) const {
  std::vector<EncodedItem> read;
  if (chunking_) {
    PARLEY_ASSIGN_OR_RETURN(read, ReadChunks(items, context));
  } else {
    PARLEY_ASSIGN_OR_RETURN(
        read, ReadItems(items, reader_, resolved_.encode, context));
  }
  for (EncodedItem& item : read) item.status.Update(CheckPooled(item));
  return read;
}

absl::StatusOr<std::vector<EncodedItem>> Embedder::ReadChunks(
    const Items& items, const CallContext& context) const {
  std::vector<EncodedItem> read(items.texts.size());
  for (size_t i = 0; i < read.size(); ++i) {
    PARLEY_RETURN_IF_ERROR(StillWanted(context));
    absl::StatusOr<std::vector<ItemPart>> parts =
        SplitIntoChunks(items.texts[i], *chunking_, reader_);
    if (!parts.ok()) {
      read[i].status = std::move(parts).status();
      continue;
    }
    for (ItemPart& part : *parts) part.options = resolved_.encode;
    read[i].parts = *std::move(parts);
  }
  return read;
}

absl::Status Embedder::CheckPooled(const EncodedItem& item) const {
  const size_t num_unpooled =
      static_cast<size_t>(resolved_.encode.num_unpooled_tokens);
  for (const ItemPart& part : item.parts) {
    if (part.input.ids.size() > num_unpooled) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "the prompt's ", num_unpooled, " tokens, which take no part in the ",
        "vector, are all that the item's ", part.input.ids.size(), " hold"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<float>> Embedder::VectorOf(ItemPart part) const {
  return ShapeVector(std::move(part.result.values), resolved_.shape);
}

absl::StatusOr<std::vector<float>> Embedder::MeanOf(
    const std::vector<ItemPart>& parts) const {
  std::vector<double> sum(parts.front().result.values.size());
  double sum_of_weights = 0;
  for (const ItemPart& part : parts) {
    const std::vector<float>& values = part.result.values;
    if (values.size() != sum.size()) {
      return absl::InternalError("the model gave vectors of several widths");
    }
    // A text without tokens is one chunk all the same.
    const double weight = std::max(part.num_text_tokens, 1);
    sum_of_weights += weight;
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += weight * values[i];
  }
  std::vector<float> mean(sum.size());
  for (size_t i = 0; i < sum.size(); ++i) {
    mean[i] = static_cast<float>(sum[i] / sum_of_weights);
  }
  return ShapeVector(std::move(mean), resolved_.shape);
}

}  // namespace parley
