#include "engine/tokenizer/encoder_tokenizer_loader.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/tokenizer/bert_files.h"
#include "engine/tokenizer/encoder_tokenizer_config.h"
#include "engine/tokenizer/json_node.h"
#include "engine/tokenizer/roberta_files.h"
#include "engine/tokenizer/sentencepiece_files.h"
#include "engine/tokenizer/step_tokenizer.h"
#include "engine/tokenizer/tokenizer_json.h"

namespace parley {
namespace {

absl::StatusOr<TokenizerSteps> ReadClassicFiles(
    const std::string& directory, const EncoderTokenizerConfig& config) {
  for (const auto read :
       {ReadBertFiles, ReadRobertaFiles, ReadSentencePieceFiles}) {
    absl::StatusOr<TokenizerSteps> steps = read(directory, config);
    if (!absl::IsNotFound(steps.status())) return steps;
  }
  return absl::NotFoundError(
      absl::StrCat(directory,
                   ": no tokenizer in it, expected tokenizer.json, vocab.txt, "
                   "vocab.json or sentencepiece.bpe.model"));
}

absl::StatusOr<TokenizerSteps> ReadSteps(const std::string& directory,
                                         const EncoderTokenizerConfig& config) {
  const absl::StatusOr<JsonDocument> document =
      JsonDocument::Read(directory + "/tokenizer.json");
  if (document.ok()) return ReadTokenizerJson(*document);
  if (!absl::IsNotFound(document.status())) return document.status();
  return ReadClassicFiles(directory, config);
}

std::optional<TokenId> FindMaskToken(const EncoderTokenizerConfig& config,
                                     const TokenizerSteps& steps) {
  const auto find = [&steps](absl::string_view token) {
    const std::optional<TokenId> added = steps.added.Find(token);
    return added.has_value() ? added : steps.model->FindToken(token);
  };
  const std::string named = config.SpecialToken("mask_token", "");
  if (!named.empty()) return find(named);
  const std::optional<TokenId> bert = find("[MASK]");
  return bert.has_value() ? bert : find("<mask>");
}

}  // namespace

absl::StatusOr<std::unique_ptr<const EncoderTokenizer>> LoadEncoderTokenizer(
    const std::string& directory, const EncoderTokenizerOptions& options) {
  PARLEY_ASSIGN_OR_RETURN(const EncoderTokenizerConfig config,
                          ReadEncoderTokenizerConfig(directory));
  PARLEY_ASSIGN_OR_RETURN(TokenizerSteps steps, ReadSteps(directory, config));
  steps.truncation_side =
      config.truncation_side.value_or(steps.truncation_side);
  steps.mask_token = FindMaskToken(config, steps);
  steps.max_tokens = config.max_tokens;
  steps.lowercase = options.lowercase;
  return CreateStepTokenizer(std::move(steps));
}

}  // namespace parley
