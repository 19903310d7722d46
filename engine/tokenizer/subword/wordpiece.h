// WordPiece: the longest piece that a word starts with, then the longest that
// the rest starts with, and so on.
#ifndef PARLEY_ENGINE_TOKENIZER_SUBWORD_WORDPIECE_H_
#define PARLEY_ENGINE_TOKENIZER_SUBWORD_WORDPIECE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/api/task.h"
#include "engine/tokenizer/subword/subword_model.h"

namespace parley {

struct WordPieceOptions {
  std::vector<std::pair<std::string, TokenId>> vocab;
  // For whole words that cannot be cut, or are too long; where the vocabulary
  // lacks it, these fail.
  std::string unk_token = "[UNK]";
  std::string continuing_subword_prefix = "##";  // Of all pieces but the first.
  size_t max_input_chars_per_word = 100;
};

// As Hugging Face's tokenizers do it. A piece takes time in proportion to the
// longest token that its bytes begin, and no memory. INVALID_ARGUMENT where an
// id is out of range.
absl::StatusOr<std::unique_ptr<SubwordModel>> CreateWordPiece(
    WordPieceOptions options);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_SUBWORD_WORDPIECE_H_
