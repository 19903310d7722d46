#include "engine/tokenizer/classic_tokens.h"

#include <optional>

namespace parley {

void ClassicTokens::Add(VocabularyAddition token) {
  if (!contents_.insert(token.content).second) return;
  const std::optional<TokenId> id = model_.FindToken(token.content);
  token.id = id.has_value() ? *id : next_id_++;
  tokens_.push_back(std::move(token));
}

void ClassicTokens::AddListed() {
  for (const VocabularyAddition& token : config_.added_tokens) Add(token);
}

void ClassicTokens::AddNamed(absl::Span<const NamedToken> tokens) {
  for (const NamedToken& named : tokens) {
    const auto it = config_.special_tokens.find(named.name);
    if (it != config_.special_tokens.end() && !it->second.is_plain) {
      Add(it->second);
      continue;
    }
    VocabularyAddition token;
    token.content = config_.SpecialToken(named.name, named.text);
    token.special = true;
    token.normalized = named.normalized;
    token.lstrip = named.lstrip;
    Add(std::move(token));
  }
}

}  // namespace parley
