// Lexical tables as Marian reads them: lex.s2t.
#ifndef PARLEY_ENGINE_SHORTLIST_LEX_TEXT_H_
#define PARLEY_ENGINE_SHORTLIST_LEX_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/shortlist/lexical_table.h"
#include "engine/tokenizer/vocabulary.h"

namespace parley {

// Longer lines are refused: words are tokens, and those are short.
inline constexpr size_t kMaxLexLineBytes = 4096;

struct LexText {
  LexicalTable table;
  int64_t num_lines = 0;  // That hold a pair.
  // Of these, lines with a word that its vocabulary does not have, and where
  // the first of them stands, counted from 1.
  int64_t num_unknown = 0;
  int64_t first_unknown = 0;
};

struct LexVocabularies {
  const Vocabulary& source;
  const Vocabulary& target;
};

// Reads lines "target source probability", parted by white space, of which it
// keeps the `best` likeliest targets of each source; of a pair that comes
// twice, the greater probability. The word NULL, a probability of 0 and unknown
// words give nothing. As the format does not say which target tokens are
// frequent, those of the lowest ids are taken for it, as Marian does.
//
// Memory is bounded by the vocabularies and `best`, whatever the text.
// INVALID_ARGUMENT, with `path` and the line, where one is malformed, and
// where no line is about the vocabularies' tokens.
absl::StatusOr<LexText> ParseLexText(absl::string_view text,
                                     const std::string& path, int best,
                                     const LexVocabularies& vocabularies);

}  // namespace parley

#endif  // PARLEY_ENGINE_SHORTLIST_LEX_TEXT_H_
