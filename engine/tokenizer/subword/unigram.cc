#include "engine/tokenizer/subword/unigram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/tokenizer/subword/prefix_trie.h"
#include "engine/tokenizer/subword/token_table.h"

namespace parley {
namespace {

constexpr double kUnknownPenalty = 10;

// The best cut of a word's first bytes, by its last piece.
struct Cut {
  static constexpr uint32_t kUnreached = UINT32_MAX;

  double score = 0;
  uint32_t begin = kUnreached;  // Of the last piece.
  TokenId id = 0;
};

using Cuts = absl::InlinedVector<Cut, 64>;

class Unigram : public SubwordModel {
 public:
  Unigram(UnigramOptions options, TokenTable tokens)
      : options_(std::move(options)),
        tokens_(std::move(tokens)),
        trie_(Keys(tokens_, options_.pieces.size())) {
    double min_score = std::numeric_limits<double>::infinity();
    scores_.reserve(options_.pieces.size());
    for (const ScoredPiece& piece : options_.pieces) {
      scores_.push_back(piece.score);
      min_score = std::min(min_score, piece.score);
    }
    options_.pieces = {};
    unknown_score_ = min_score - kUnknownPenalty;
    for (int byte = 0; byte < 256; ++byte) {
      byte_tokens_[byte] = tokens_.Find(absl::StrFormat("<0x%02X>", byte));
    }
  }

  bool Encode(absl::string_view word,
              std::vector<Subword>* pieces) const override {
    Cuts cuts(word.size() + 1);
    if (!FindCuts(word, &cuts)) return false;
    const size_t first = pieces->size();
    for (size_t end = word.size(); end > 0;) {  // From the back.
      const TokenId id = cuts[end].id;
      size_t begin = cuts[end].begin;
      if (id != options_.unk_id) {
        pieces->push_back({id, begin, end});
      } else {
        while (begin > 0 && cuts[begin].id == id) begin = cuts[begin].begin;
        AppendUnknown(word, {id, begin, end}, pieces);
      }
      end = begin;
    }
    std::reverse(pieces->begin() + first, pieces->end());
    return true;
  }

  std::optional<TokenId> FindToken(absl::string_view token) const override {
    return tokens_.Find(token);
  }
  const std::string* TokenText(TokenId id) const override {
    return tokens_.Text(id);
  }
  int vocab_size() const override { return tokens_.size(); }

 private:
  // A piece that is listed twice is found as its last id.
  static std::vector<std::pair<absl::string_view, int32_t>> Keys(
      const TokenTable& tokens, size_t num_pieces) {
    std::vector<std::pair<absl::string_view, int32_t>> keys;
    keys.reserve(num_pieces);
    for (size_t id = 0; id < num_pieces; ++id) {
      keys.emplace_back(*tokens.Text(static_cast<TokenId>(id)),
                        static_cast<int32_t>(id));
    }
    return keys;
  }

  bool FindCuts(absl::string_view word, Cuts* cuts) const {
    for (size_t begin = 0; begin < word.size();) {
      const size_t character_bytes =
          std::max<size_t>(Utf8CharacterBytes(word.substr(begin)), 1);
      const double score_so_far = (*cuts)[begin].score;
      const auto improves = [&](size_t num_bytes, TokenId id, double score) {
        Cut& cut = (*cuts)[begin + num_bytes];
        const double sum = score + score_so_far;
        if (cut.begin != Cut::kUnreached && !(sum > cut.score)) return false;
        cut = {sum, static_cast<uint32_t>(begin), id};
        return true;
      };
      bool covered = false;  // The character alone is a piece.
      trie_.VisitPrefixes(word.substr(begin),
                          [&](size_t num_bytes, int32_t id) {
                            improves(num_bytes, id, scores_[id]);
                            covered |= num_bytes == character_bytes;
                          });
      if (!covered &&
          improves(character_bytes, options_.unk_id.value_or(0),
                   unknown_score_) &&
          !options_.unk_id.has_value()) {
        return false;
      }
      begin += character_bytes;
    }
    return true;
  }

  // `unknown` stands for all characters in a row that are unknown; together
  // they may still be a piece, one of an even worse score. Bytes are appended
  // from the last to the first.
  void AppendUnknown(absl::string_view word, Subword unknown,
                     std::vector<Subword>* pieces) const {
    const absl::string_view text =
        word.substr(unknown.begin, unknown.end - unknown.begin);
    if (const auto id = tokens_.Find(text); id.has_value()) {
      pieces->push_back({*id, unknown.begin, unknown.end});
      return;
    }
    const auto token = [this](char byte) {
      return byte_tokens_[static_cast<uint8_t>(byte)];
    };
    const bool has_all =
        options_.byte_fallback &&
        std::all_of(text.begin(), text.end(),
                    [&token](char byte) { return token(byte).has_value(); });
    if (!has_all) {
      pieces->push_back(unknown);
      return;
    }
    for (auto byte = text.rbegin(); byte != text.rend(); ++byte) {
      pieces->push_back({*token(*byte), unknown.begin, unknown.end});
    }
  }

  UnigramOptions options_;  // Without the pieces.
  const TokenTable tokens_;
  const PrefixTrie trie_;
  std::vector<double> scores_;  // By id.
  double unknown_score_ = 0;
  std::array<std::optional<TokenId>, 256> byte_tokens_;
};

absl::Status CheckPiece(const ScoredPiece& piece) {
  if (piece.text.size() > UnigramOptions::kMaxPieceBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("it has ", piece.text.size(), " bytes, expected at most ",
                     UnigramOptions::kMaxPieceBytes));
  }
  if (ValidUtf8PrefixBytes(piece.text) != piece.text.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::CHexEscape(piece.text), "\" is not UTF-8"));
  }
  if (!std::isfinite(piece.score)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the score of \"", absl::Utf8SafeCEscape(piece.text),
                     "\" is ", piece.score, ", expected a finite number"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SubwordModel>> CreateUnigram(
    UnigramOptions options) {
  std::vector<std::pair<std::string, TokenId>> tokens;
  tokens.reserve(options.pieces.size());
  for (size_t id = 0; id < options.pieces.size(); ++id) {
    const absl::Status status = CheckPiece(options.pieces[id]);
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("piece ", id, ": ", status.message()));
    }
    tokens.emplace_back(options.pieces[id].text, static_cast<TokenId>(id));
  }
  PARLEY_ASSIGN_OR_RETURN(TokenTable table,
                          TokenTable::Create(std::move(tokens)));
  if (options.unk_id.has_value() && table.Text(*options.unk_id) == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("unk_id is ", *options.unk_id, ", expected one of the ",
                     options.pieces.size(), " pieces"));
  }
  return std::make_unique<Unigram>(std::move(options), std::move(table));
}

}  // namespace parley
