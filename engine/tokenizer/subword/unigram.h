// SentencePiece's unigram model: the cut of a word whose pieces' scores have
// the greatest sum.
#ifndef PARLEY_ENGINE_TOKENIZER_SUBWORD_UNIGRAM_H_
#define PARLEY_ENGINE_TOKENIZER_SUBWORD_UNIGRAM_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/api/task.h"
#include "engine/tokenizer/subword/subword_model.h"

namespace parley {

struct ScoredPiece {
  std::string text;  // Valid UTF-8.
  double score = 0;  // A log-probability; any finite number.
};

struct UnigramOptions {
  // Longer pieces are refused: each byte of a text looks this far ahead.
  static constexpr size_t kMaxPieceBytes = 1024;

  std::vector<ScoredPiece> pieces;  // By id.
  // Of characters that no piece covers; those in a row make one token. Where it
  // is unset, words with such characters fail.
  std::optional<TokenId> unk_id;
  bool byte_fallback = false;  // These become "<0x..>" tokens.
};

// As Hugging Face's tokenizers does it, in ids and in bytes: sums in doubles,
// the first found of equal ones, and an unknown character costs 10 more than
// the worst piece. Takes memory in proportion to the word. INVALID_ARGUMENT
// names the piece that is not sound, or says that unk_id is none of them.
absl::StatusOr<std::unique_ptr<SubwordModel>> CreateUnigram(
    UnigramOptions options);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_SUBWORD_UNIGRAM_H_
