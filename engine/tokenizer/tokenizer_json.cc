#include "engine/tokenizer/tokenizer_json.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/tokenizer/model_reader.h"
#include "engine/tokenizer/step_growth.h"
#include "engine/tokenizer/step_readers.h"

namespace parley {
namespace {

absl::Status CheckVersion(const JsonNode& node) {
  PARLEY_ASSIGN_OR_RETURN(const std::string version, node.StringOr("1.0"));
  return version == "1.0" ? absl::OkStatus() : node.Expected("1.0");
}

absl::StatusOr<TruncationSide> ReadTruncationSide(const JsonNode& truncation) {
  const JsonNode direction = truncation.Get("direction");
  PARLEY_ASSIGN_OR_RETURN(const std::string side, direction.StringOr("Right"));
  if (side == "Right") return TruncationSide::kRight;
  if (side == "Left") return TruncationSide::kLeft;
  return direction.Expected("Right or Left");
}

// Gives the tokens the ids that Hugging Face's tokenizers gives them, whatever
// the file says: the model's where it has them too, else those that follow the
// number of the model's tokens.
void NumberAddedTokens(const SubwordModel& model,
                       std::vector<VocabularyAddition>* tokens) {
  TokenId next_id = 0;
  for (TokenId id = 0; id < model.vocab_size(); ++id) {
    if (model.TokenText(id) != nullptr) ++next_id;
  }
  absl::flat_hash_map<std::string, TokenId> ids;
  for (VocabularyAddition& token : *tokens) {
    const std::optional<TokenId> known = model.FindToken(token.content);
    const auto [it, inserted] =
        ids.emplace(token.content, known.value_or(next_id));
    if (inserted && !known.has_value()) ++next_id;
    token.id = it->second;
  }
}

// The ids of a template are in no other list of the file.
absl::Status CheckTemplate(const JsonNode& node, const TokenizerSteps& steps,
                           const std::vector<TemplatePart>& parts) {
  for (const TemplatePart& part : parts) {
    for (TokenId id : part.ids) {
      if (steps.model->TokenText(id) != nullptr ||
          steps.added.Token(id) != nullptr) {
        continue;
      }
      return node.Wrong(absl::StrCat("has the id ", id,
                                     ", which no token of the vocabulary has"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TokenizerSteps> ReadTokenizerJson(const JsonDocument& document) {
  const JsonNode root = document.root();
  PARLEY_RETURN_IF_ERROR(CheckVersion(root.Get("version")));
  TokenizerSteps steps;
  PARLEY_ASSIGN_OR_RETURN(steps.truncation_side,
                          ReadTruncationSide(root.Get("truncation")));
  PARLEY_RETURN_IF_ERROR(CheckGrowth(root.Get("normalizer")));
  PARLEY_RETURN_IF_ERROR(CheckGrowth(root.Get("decoder")));
  PARLEY_ASSIGN_OR_RETURN(steps.normalizer,
                          ReadNormalizer(root.Get("normalizer")));
  PARLEY_ASSIGN_OR_RETURN(steps.pre_tokenizer,
                          ReadPreTokenizer(root.Get("pre_tokenizer")));
  PARLEY_ASSIGN_OR_RETURN(steps.model, ReadSubwordModel(root.Get("model")));
  PARLEY_ASSIGN_OR_RETURN(steps.decoder, ReadDecoder(root.Get("decoder")));
  PARLEY_ASSIGN_OR_RETURN(std::vector<VocabularyAddition> tokens,
                          ReadAddedTokens(root.Get("added_tokens")));
  NumberAddedTokens(*steps.model, &tokens);
  steps.added = AddedVocabulary(std::move(tokens), steps.normalizer.get());
  const JsonNode post_processor = root.Get("post_processor");
  PARLEY_ASSIGN_OR_RETURN(steps.post_processor,
                          ReadPostProcessor(post_processor));
  for (const auto* parts :
       {&steps.post_processor.single, &steps.post_processor.pair}) {
    PARLEY_RETURN_IF_ERROR(CheckTemplate(post_processor, steps, *parts));
  }
  return steps;
}

}  // namespace parley
