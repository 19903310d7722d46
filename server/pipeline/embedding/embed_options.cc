#include "server/pipeline/embedding/embed_options.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"

namespace parley {
namespace {

absl::StatusOr<std::string> ResolvePrompt(const EmbedOptions& options,
                                          const EncoderInfo& info) {
  if (options.prompt) {
    PARLEY_RETURN_IF_ERROR(CheckUtf8(*options.prompt));
    return *options.prompt;
  }
  if (!options.prompt_name) return info.default_prompt;
  const auto prompt = std::find_if(
      info.prompts.begin(), info.prompts.end(),
      [&](const Prompt& one) { return one.name == *options.prompt_name; });
  if (prompt != info.prompts.end()) return prompt->text;
  const std::string names = absl::StrJoin(
      info.prompts, ", ", [](std::string* out, const Prompt& one) {
        absl::StrAppend(out, "\"", one.name, "\"");
      });
  return absl::InvalidArgumentError(
      absl::StrCat("options.prompt_name \"", *options.prompt_name,
                   "\" is none of the model's prompts",
                   names.empty() ? ": it has none" : ", which are: ", names));
}

// Of the vectors that come out of the model.
absl::StatusOr<int> WidthOf(const EmbedOptions& options,
                            const EncoderInfo& info) {
  if (!options.pooling) return info.embedding_dim;
  if (info.pools_any_width) return info.d_model;
  if (info.pooling.size() == 1) return info.embedding_dim;
  return absl::InvalidArgumentError(absl::StrCat(
      "options.pooling gives ", info.d_model, " numbers, but the model's ",
      "dense layers take the ", info.pooling.size() * info.d_model,
      " of its own ", info.pooling.size(), " poolings"));
}

}  // namespace

absl::StatusOr<ResolvedEmbedOptions> ResolveEmbedOptions(
    const EmbedOptions& options, const EncoderInfo& info) {
  ResolvedEmbedOptions resolved;
  resolved.encode.output = EncoderOutput::kVector;
  if (options.pooling) {
    resolved.encode.pooling = {*options.pooling};
  } else {
    resolved.encode.pooling = info.pooling;
  }
  PARLEY_ASSIGN_OR_RETURN(const int width, WidthOf(options, info));
  resolved.shape.dimensions = options.dimensions.value_or(width);
  if (resolved.shape.dimensions < 1 || resolved.shape.dimensions > width) {
    return absl::InvalidArgumentError(
        absl::StrCat("options.dimensions is ", resolved.shape.dimensions,
                     ", but must be from 1 to ", width));
  }
  resolved.shape.normalize = options.normalize.value_or(info.normalizes);
  PARLEY_ASSIGN_OR_RETURN(resolved.prompt, ResolvePrompt(options, info));
  return resolved;
}

}  // namespace parley
