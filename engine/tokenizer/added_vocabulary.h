// Tokens of an encoder's tokenizer that are found in a text before its model
// sees it: "[MASK]", "<s>", and what was added later.
#ifndef PARLEY_ENGINE_TOKENIZER_ADDED_VOCABULARY_H_
#define PARLEY_ENGINE_TOKENIZER_ADDED_VOCABULARY_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/api/task.h"
#include "engine/tokenizer/json_node.h"
#include "engine/tokenizer/subword/prefix_trie.h"
#include "engine/tokenizer/text/steps.h"

namespace parley {

struct VocabularyAddition {
  std::string content;  // Not empty.
  TokenId id = 0;
  bool single_word = false;  // Not where a letter or digit is beside it.
  bool lstrip = false;       // Takes the white space before it in...
  bool rstrip = false;       // ...or behind it.
  bool normalized = false;   // Is looked for in normalized text.
  bool special = false;      // Left out of decoded text.
  bool is_plain = false;     // A file has its text only, without the flags.
};

// "added_tokens" of tokenizer.json; none where it is missing. INVALID_ARGUMENT
// names the place of what is wrong.
absl::StatusOr<std::vector<VocabularyAddition>> ReadAddedTokens(
    const JsonNode& node);

// "content" and the flags of one of them: an object, or a string, which is
// special and not normalized. The id is left at 0.
absl::StatusOr<VocabularyAddition> ReadAddedToken(const JsonNode& node);

// Immutable: any thread may call everything at any time.
class AddedVocabulary {
 public:
  // A part of a text: an added token, or what lies between two of them.
  struct Section {
    size_t begin = 0;  // Bytes.
    size_t end = 0;
    std::optional<TokenId> id;  // Of the added token.
  };

  // Of two tokens with one text, the later counts. `normalizer` may be null; it
  // is used here only.
  AddedVocabulary(std::vector<VocabularyAddition> tokens,
                  const Normalizer* normalizer);

  // Cuts at the tokens that are looked for in the text as it is, the first that
  // begins and the longest there. No section is empty.
  std::vector<Section> SplitOriginal(absl::string_view text) const;
  // The same of those that are looked for in normalized text.
  std::vector<Section> SplitNormalized(absl::string_view text) const;
  bool has_normalized() const { return normalized_.has_value(); }

  std::optional<TokenId> Find(absl::string_view content) const;
  // nullptr where no added token has this id.
  const VocabularyAddition* Token(TokenId id) const;
  // As it is decoded: in its normalized form, which the decoder undoes.
  const std::string* DecodedText(TokenId id) const;
  bool IsSpecial(absl::string_view content) const;
  int vocab_size() const;  // Greatest id plus one.

 private:
  std::vector<Section> Split(absl::string_view text,
                             const PrefixTrie& trie) const;
  std::optional<Section> Match(absl::string_view text, size_t at,
                               const PrefixTrie& trie) const;

  std::vector<VocabularyAddition> tokens_;
  std::vector<std::string> decoded_;  // [tokens_.size()]
  absl::flat_hash_map<std::string, int> index_of_content_;
  absl::flat_hash_map<TokenId, int> index_of_id_;
  // Values are indices of tokens_; unset where there are none.
  std::optional<PrefixTrie> original_;
  std::optional<PrefixTrie> normalized_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_ADDED_VOCABULARY_H_
