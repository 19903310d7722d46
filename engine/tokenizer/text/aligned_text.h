// Text under way to a tokenizer's model: rewritten, and each byte still tied to
// where it came from.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_ALIGNED_TEXT_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_ALIGNED_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/api/tokenizer.h"

namespace parley {

// What Hugging Face's tokenizers calls a NormalizedString.
struct AlignedText {
  AlignedText() = default;
  // A part of an original text that begins at its byte `begin`: each character
  // tied to itself.
  AlignedText(absl::string_view original, size_t begin);

  // Appends `written`, all of it tied to `from`. What replaces a character is
  // tied to that character; what is inserted, to the character before it (to
  // an empty range at the text's begin where there is none).
  void Append(absl::string_view written, ByteRange from);

  // The part [begin, end) of `text`.
  AlignedText Part(size_t begin, size_t end) const;

  // The bytes of the original that [begin, end) of `text` came from.
  // REQUIRES: begin < end <= text.size()
  ByteRange OriginOf(size_t begin, size_t end) const {
    return {origin[begin].begin, origin[end - 1].end};
  }

  std::string text;               // Valid UTF-8.
  std::vector<ByteRange> origin;  // Of each byte: of its character. [size]
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_ALIGNED_TEXT_H_
