// Rewriting a text character by character.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_REWRITER_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_REWRITER_H_

#include <cstddef>

#include "engine/tokenizer/text/aligned_text.h"

namespace parley {

// Ties what is written to what was read by position alone, as Hugging Face's
// tokenizers do: each character that replaces one is tied to the next that has
// not been read yet. Where characters change places (canonical ordering), each
// is so tied to the one that stood there.
//
// Reads `source` and appends to `target`; both outlive this object. One thread.
class Rewriter {
 public:
  Rewriter(const AlignedText& source, AlignedText* target)
      : source_(source), target_(*target) {}

  // Writes `c` for the next character, and for `num_more` that follow it.
  // REQUIRES: so many are left.
  void Replace(char32_t c, size_t num_more = 0);
  // Writes `c` for none; it is tied to the character read last.
  void Insert(char32_t c);

 private:
  void Skip();
  void Append(char32_t c, ByteRange from);

  const AlignedText& source_;
  AlignedText& target_;
  size_t at_ = 0;  // First byte of `source_` that has not been read.
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_REWRITER_H_
