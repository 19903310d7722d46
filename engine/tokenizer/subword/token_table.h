// The tokens of a subword model, by id and by spelling.
#ifndef PARLEY_ENGINE_TOKENIZER_SUBWORD_TOKEN_TABLE_H_
#define PARLEY_ENGINE_TOKENIZER_SUBWORD_TOKEN_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/api/task.h"

namespace parley {

// Immutable: any thread may call everything at any time.
class TokenTable {
 public:
  // Ids up to here; the largest vocabularies in use have 256,000 tokens.
  static constexpr TokenId kMaxId = (1 << 21) - 1;

  // Ids may leave holes. Of two entries with one id or one spelling the later
  // counts. INVALID_ARGUMENT where an id is out of range.
  static absl::StatusOr<TokenTable> Create(
      std::vector<std::pair<std::string, TokenId>> tokens);
  TokenTable(TokenTable&&) = default;
  TokenTable& operator=(TokenTable&&) = default;

  std::optional<TokenId> Find(absl::string_view token) const;
  // nullptr for an id that has no token, whatever the id.
  const std::string* Text(TokenId id) const;
  int size() const { return static_cast<int>(index_of_id_.size()); }

 private:
  TokenTable() = default;

  std::vector<std::pair<std::string, TokenId>> tokens_;
  std::vector<int32_t> index_of_id_;  // Into tokens_; -1: none. [size]
  absl::flat_hash_map<absl::string_view, TokenId> ids_;  // Keys in tokens_.
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_SUBWORD_TOKEN_TABLE_H_
