#include "engine/runtime/marian_shortlist.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/shortlist/shortlist_loader.h"

namespace parley {

absl::Status AddMarianShortlist(const ModelSource& source,
                                const MarianTokenizer& tokenizer,
                                const GenerationConfig& generation,
                                LoadedModel* model) {
  const std::optional<ShortlistJson>& json = source.parley_json.shortlist;
  if (!json.has_value()) return absl::OkStatus();
  const Vocabulary& target_vocabulary = tokenizer.target_vocabulary();
  std::vector<TokenId> always = {generation.eos_token_id};
  if (generation.forced_eos_token_id >= 0) {
    always.push_back(generation.forced_eos_token_id);
  }
  for (const std::string& language : tokenizer.info().target_languages) {
    const std::optional<TokenId> token =
        target_vocabulary.Find(absl::StrCat(">>", language, "<<"));
    if (token.has_value()) always.push_back(*token);
  }
  PARLEY_ASSIGN_OR_RETURN(
      model->shortlist,
      LoadShortlist({.path = absl::StrCat(source.directory, "/", json->file),
                     .frequent = json->frequent,
                     .best = json->best,
                     .always = std::move(always),
                     .source_vocabulary = &tokenizer.source_vocabulary(),
                     .target_vocabulary = &target_vocabulary}));
  model->info.has_shortlist = true;
  model->info.uses_shortlist = json->is_default;
  return absl::OkStatus();
}

}  // namespace parley
