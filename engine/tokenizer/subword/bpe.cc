#include "engine/tokenizer/subword/bpe.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/tokenizer/subword/token_table.h"

namespace parley {
namespace {

struct MergeRule {
  int32_t rank = 0;
  TokenId merged = 0;
};

using MergeRules = absl::flat_hash_map<uint64_t, MergeRule>;

uint64_t PairKey(TokenId left, TokenId right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 |
         static_cast<uint32_t>(right);
}

// A word while its symbols are being joined: a doubly linked list in an array,
// and a heap of the joints that rules apply to.
class Word {
 public:
  explicit Word(const MergeRules& rules) : rules_(rules) {}

  void Add(TokenId id, uint32_t num_bytes) {
    const int32_t index = static_cast<int32_t>(symbols_.size());
    if (index > 0) symbols_.back().next = index;
    symbols_.push_back({id, num_bytes, index - 1, kNone});
  }

  void MergeAll() {
    for (int32_t i = 0; i + 1 < static_cast<int32_t>(symbols_.size()); ++i) {
      Offer(i);
    }
    std::make_heap(joints_.begin(), joints_.end(), Later);
    heaped_ = true;
    while (!joints_.empty()) {
      const Joint joint = joints_.front();
      std::pop_heap(joints_.begin(), joints_.end(), Later);
      joints_.pop_back();
      Merge(joint);
    }
  }

  void Append(std::vector<Subword>* pieces) const {
    size_t end = 0;
    for (const Symbol& symbol : symbols_) {
      if (symbol.num_bytes == 0) continue;
      const size_t begin = end;
      end += symbol.num_bytes;
      pieces->push_back({symbol.id, begin, end});
    }
  }

 private:
  static constexpr int32_t kNone = -1;

  struct Symbol {
    TokenId id;
    uint32_t num_bytes;  // 0: it is part of one before it.
    int32_t previous;
    int32_t next;
  };

  // The symbol at `position` and the one behind it, when they were found.
  struct Joint {
    int32_t rank;
    int32_t position;
    TokenId merged;
  };

  static bool Later(const Joint& a, const Joint& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
  }

  const MergeRule* RuleAt(int32_t position) const {
    const Symbol& left = symbols_[position];
    if (left.next == kNone) return nullptr;
    const auto it = rules_.find(PairKey(left.id, symbols_[left.next].id));
    return it == rules_.end() ? nullptr : &it->second;
  }

  void Offer(int32_t position) {
    const MergeRule* rule = RuleAt(position);
    if (rule == nullptr) return;
    joints_.push_back({rule->rank, position, rule->merged});
    if (heaped_) std::push_heap(joints_.begin(), joints_.end(), Later);
  }

  void Merge(const Joint& joint) {
    Symbol& left = symbols_[joint.position];
    if (left.num_bytes == 0) return;
    // The symbols may have changed since the joint was found.
    const MergeRule* rule = RuleAt(joint.position);
    if (rule == nullptr || rule->merged != joint.merged) return;
    Symbol& right = symbols_[left.next];
    left.id = joint.merged;
    left.num_bytes += right.num_bytes;
    left.next = right.next;
    right.num_bytes = 0;
    if (left.next != kNone) symbols_[left.next].previous = joint.position;
    if (left.previous != kNone) Offer(left.previous);
    if (left.next != kNone) Offer(joint.position);
  }

  const MergeRules& rules_;
  bool heaped_ = false;
  absl::InlinedVector<Symbol, 32> symbols_;
  absl::InlinedVector<Joint, 32> joints_;
};

class Bpe : public SubwordModel {
 public:
  Bpe(BpeOptions options, TokenTable tokens, MergeRules rules)
      : options_(std::move(options)),
        tokens_(std::move(tokens)),
        rules_(std::move(rules)) {
    if (options_.unk_token.has_value())
      unk_ = tokens_.Find(*options_.unk_token);
    for (int byte = 0; byte < 256; ++byte) {
      byte_tokens_[byte] = tokens_.Find(absl::StrFormat("<0x%02X>", byte));
    }
    is_one_piece_.resize(tokens_.size());
    for (TokenId id = 0; id < tokens_.size(); ++id) {
      is_one_piece_[id] = IsOnePiece(id);
    }
  }

  bool Encode(absl::string_view word,
              std::vector<Subword>* pieces) const override {
    const auto id = tokens_.Find(word);
    if (id.has_value() && (options_.ignore_merges || is_one_piece_[*id])) {
      pieces->push_back({*id, 0, word.size()});
      return true;
    }
    return Join(word, pieces);
  }

  std::optional<TokenId> FindToken(absl::string_view token) const override {
    return tokens_.Find(token);
  }
  const std::string* TokenText(TokenId id) const override {
    return tokens_.Text(id);
  }
  int vocab_size() const override { return tokens_.size(); }

 private:
  bool Join(absl::string_view word, std::vector<Subword>* pieces) const {
    Word symbols(rules_);
    if (!AddCharacters(word, &symbols)) return false;
    symbols.MergeAll();
    symbols.Append(pieces);
    return true;
  }

  // Whether the word that is spelled like the token becomes just this token.
  bool IsOnePiece(TokenId id) const {
    const std::string* text = tokens_.Text(id);
    if (text == nullptr || text->empty()) return false;
    std::vector<Subword> pieces;
    return Join(*text, &pieces) && pieces.size() == 1 && pieces[0].id == id &&
           pieces[0].end == text->size() && tokens_.Find(*text) == id;
  }

  bool AddCharacters(absl::string_view word, Word* symbols) const {
    uint32_t unknown_bytes = 0;  // Seen and not yet added.
    std::string spelled;
    for (size_t begin = 0; begin < word.size();) {
      const size_t num_bytes =
          std::max<size_t>(Utf8CharacterBytes(word.substr(begin)), 1);
      const absl::string_view character =
          Spell(word, begin, num_bytes, &spelled);
      begin += num_bytes;
      if (const auto id = tokens_.Find(character); id.has_value()) {
        if (unknown_bytes > 0) symbols->Add(*unk_, unknown_bytes);
        unknown_bytes = 0;
        symbols->Add(*id, num_bytes);
      } else if (!AddBytes(character, symbols) &&
                 options_.unk_token.has_value()) {
        if (!unk_.has_value()) return false;
        if (unknown_bytes > 0 && !options_.fuse_unk) {
          symbols->Add(*unk_, unknown_bytes);
          unknown_bytes = 0;
        }
        unknown_bytes += num_bytes;
      }
    }
    if (unknown_bytes > 0) symbols->Add(*unk_, unknown_bytes);
    return true;
  }

  // The character of `word` at `begin`, as the vocabulary spells it.
  absl::string_view Spell(absl::string_view word, size_t begin,
                          size_t num_bytes, std::string* spelled) const {
    const absl::string_view character = word.substr(begin, num_bytes);
    const bool prefixed =
        begin > 0 && !options_.continuing_subword_prefix.empty();
    const bool suffixed = begin + num_bytes == word.size() &&
                          !options_.end_of_word_suffix.empty();
    if (!prefixed && !suffixed) return character;
    *spelled =
        absl::StrCat(prefixed ? options_.continuing_subword_prefix : "",
                     character, suffixed ? options_.end_of_word_suffix : "");
    return *spelled;
  }

  // False where the vocabulary lacks one of the bytes: none is added.
  bool AddBytes(absl::string_view character, Word* symbols) const {
    if (!options_.byte_fallback) return false;
    const auto token = [this](char byte) {
      return byte_tokens_[static_cast<uint8_t>(byte)];
    };
    for (char byte : character) {
      if (!token(byte).has_value()) return false;
    }
    for (char byte : character) symbols->Add(*token(byte), 1);
    return true;
  }

  const BpeOptions options_;  // Without vocab and merges.
  const TokenTable tokens_;
  const MergeRules rules_;
  std::optional<TokenId> unk_;
  std::array<std::optional<TokenId>, 256> byte_tokens_;
  // By id. Most words of a text are such tokens: they need no joining.
  std::vector<bool> is_one_piece_;
};

absl::StatusOr<MergeRules> MakeRules(const BpeOptions& options,
                                     const TokenTable& tokens) {
  const size_t prefix_bytes = options.continuing_subword_prefix.size();
  MergeRules rules;
  rules.reserve(options.merges.size());
  int32_t rank = 0;
  for (const auto& [left, right] : options.merges) {
    const auto find =
        [&, rank](absl::string_view token) -> absl::StatusOr<TokenId> {
      const auto id = tokens.Find(token);
      if (id.has_value()) return *id;
      return absl::InvalidArgumentError(absl::StrCat(
          "merge ", rank, " (\"", absl::Utf8SafeCEscape(left), "\", \"",
          absl::Utf8SafeCEscape(right), "\") needs the token \"",
          absl::Utf8SafeCEscape(token), "\", which the vocabulary lacks"));
    };
    PARLEY_ASSIGN_OR_RETURN(const TokenId left_id, find(left));
    PARLEY_ASSIGN_OR_RETURN(const TokenId right_id, find(right));
    PARLEY_ASSIGN_OR_RETURN(
        const TokenId merged,
        find(absl::StrCat(left, absl::ClippedSubstr(right, prefix_bytes))));
    rules[PairKey(left_id, right_id)] = {rank++, merged};
  }
  return rules;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SubwordModel>> CreateBpe(BpeOptions options) {
  PARLEY_ASSIGN_OR_RETURN(TokenTable tokens,
                          TokenTable::Create(std::move(options.vocab)));
  PARLEY_ASSIGN_OR_RETURN(MergeRules rules, MakeRules(options, tokens));
  options.vocab.clear();
  options.merges = {};
  return std::make_unique<Bpe>(std::move(options), std::move(tokens),
                               std::move(rules));
}

}  // namespace parley
