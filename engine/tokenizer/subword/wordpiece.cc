#include "engine/tokenizer/subword/wordpiece.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "engine/tokenizer/subword/prefix_trie.h"
#include "engine/tokenizer/subword/token_table.h"

namespace parley {
namespace {

// The ids of the tokens that start with `prefix`, by what follows it.
PrefixTrie TrieOf(const WordPieceOptions& options, absl::string_view prefix) {
  std::vector<std::pair<absl::string_view, int32_t>> keys;
  for (const auto& [token, id] : options.vocab) {
    absl::string_view key = token;
    if (absl::ConsumePrefix(&key, prefix)) keys.push_back({key, id});
  }
  return PrefixTrie(std::move(keys));
}

struct Parts {
  TokenTable table;
  PrefixTrie first;       // Pieces that begin a word.
  PrefixTrie continuing;  // The others, without their prefix.
  std::optional<TokenId> unk_id;
  size_t max_chars = 0;  // Of a word that is cut.
};

class WordPiece : public SubwordModel {
 public:
  explicit WordPiece(Parts parts) : parts_(std::move(parts)) {}

  bool Encode(absl::string_view word,
              std::vector<Subword>* pieces) const override {
    const size_t num_before = pieces->size();
    if (!IsTooLong(word) && Cut(word, pieces)) return true;
    pieces->resize(num_before);
    if (!parts_.unk_id.has_value()) return false;
    pieces->push_back({*parts_.unk_id, 0, word.size()});
    return true;
  }

  std::optional<TokenId> FindToken(absl::string_view token) const override {
    return parts_.table.Find(token);
  }
  const std::string* TokenText(TokenId id) const override {
    return parts_.table.Text(id);
  }
  int vocab_size() const override { return parts_.table.size(); }

 private:
  bool IsTooLong(absl::string_view word) const {
    if (word.size() <= parts_.max_chars) return false;
    const auto begins = [](char c) { return (c & 0xC0) != 0x80; };
    return static_cast<size_t>(std::count_if(word.begin(), word.end(),
                                             begins)) > parts_.max_chars;
  }

  bool Cut(absl::string_view word, std::vector<Subword>* pieces) const {
    for (size_t begin = 0; begin < word.size();) {
      Subword longest;
      const auto visit = [&longest](size_t num_bytes, int32_t id) {
        longest.id = id;
        longest.end = num_bytes;
      };
      (begin == 0 ? parts_.first : parts_.continuing)
          .VisitPrefixes(word.substr(begin), visit);
      if (longest.end == 0) return false;
      longest.begin = begin;
      longest.end += begin;
      begin = longest.end;
      pieces->push_back(longest);
    }
    return true;
  }

  const Parts parts_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SubwordModel>> CreateWordPiece(
    WordPieceOptions options) {
  PrefixTrie first = TrieOf(options, "");
  PrefixTrie continuing = TrieOf(options, options.continuing_subword_prefix);
  PARLEY_ASSIGN_OR_RETURN(TokenTable table,
                          TokenTable::Create(std::move(options.vocab)));
  const std::optional<TokenId> unk_id = table.Find(options.unk_token);
  return std::make_unique<WordPiece>(
      Parts{.table = std::move(table),
            .first = std::move(first),
            .continuing = std::move(continuing),
            .unk_id = unk_id,
            .max_chars = options.max_input_chars_per_word});
}

}  // namespace parley
