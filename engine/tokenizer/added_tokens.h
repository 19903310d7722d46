// Tokens that are found in a text before it is cut into pieces: "</s>",
// "<unk>", "<pad>", and what a model's files add.
#ifndef PARLEY_ENGINE_TOKENIZER_ADDED_TOKENS_H_
#define PARLEY_ENGINE_TOKENIZER_ADDED_TOKENS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "engine/api/task.h"

namespace parley {

struct AddedToken {
  std::string text;  // Not empty.
  TokenId id = 0;
  bool strip_before = false;  // Takes the white space before it away...
  bool strip_after = false;   // ...or behind it.
};

// Immutable: any thread may call everything at any time.
class AddedTokens {
 public:
  // One part of a text: an added token, or what lies between two of them.
  struct Section {
    size_t begin = 0;  // Bytes.
    size_t end = 0;
    std::optional<TokenId> id;  // Of the added token.
  };

  AddedTokens() : AddedTokens(std::vector<AddedToken>()) {}
  // Of two tokens with one text or one id, the later counts.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  // Cuts `text` at every added token, the first that begins and the longest
  // there. Sections are in order and none is empty.
  std::vector<Section> Split(absl::string_view text) const;

  std::optional<TokenId> Find(absl::string_view text) const;
  // nullptr where no added token has this id.
  const std::string* Token(TokenId id) const;
  const std::vector<AddedToken>& tokens() const { return tokens_; }

 private:
  // Index of the longest token that `text` starts with; -1 where it starts
  // with none.
  int LongestPrefix(absl::string_view text) const;

  std::vector<AddedToken> tokens_;
  absl::flat_hash_map<std::string, int> index_of_text_;
  absl::flat_hash_map<TokenId, int> index_of_id_;
  // A trie over the tokens' bytes. Node 0 is the root; an edge's key is its
  // node << 8 | byte.
  absl::flat_hash_map<uint64_t, uint32_t> edges_;
  std::vector<int> token_at_node_;  // -1 where no token ends.
  std::array<bool, 256> starts_token_ = {};
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_ADDED_TOKENS_H_
