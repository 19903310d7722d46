// The decoders of tokenizer.json that need nothing but text, by their names
// there.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_DECODERS_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_DECODERS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "engine/tokenizer/text/steps.h"

namespace parley {

struct WordPieceDecoderOptions {
  std::string prefix = "##";  // Of the pieces that continue a word.
  // Takes away spaces that English text has not: before full stops, "n't" ...
  bool cleanup = true;
};
// "WordPiece": a space before each token that begins a word.
std::unique_ptr<const Decoder> CreateWordPieceDecoder(
    WordPieceDecoderOptions options);

// "ByteFallback": tokens "<0x61>" are bytes; a row of them that is no valid
// UTF-8 becomes as many U+FFFD.
std::unique_ptr<const Decoder> CreateByteFallbackDecoder();

// "Fuse": makes one token of all.
std::unique_ptr<const Decoder> CreateFuseDecoder();

struct StripDecoderOptions {
  char32_t content = U' ';
  size_t start = 0;  // So many at most, from each token's front...
  size_t stop = 0;   // ...and from its end.
};
// "Strip": takes a character away at the ends of each token.
std::unique_ptr<const Decoder> CreateStripDecoder(
    const StripDecoderOptions& options);

// "Sequence": one after the other.
std::unique_ptr<const Decoder> CreateDecoderSequence(
    std::vector<std::unique_ptr<const Decoder>> steps);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_DECODERS_H_
