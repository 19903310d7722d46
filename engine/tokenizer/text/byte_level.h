// Texts as bytes, each spelled as one printable character, for models whose
// vocabulary covers all bytes and so knows no unknown text.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_BYTE_LEVEL_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_BYTE_LEVEL_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "engine/api/tokenizer.h"
#include "engine/tokenizer/text/steps.h"

namespace parley {

struct ByteLevelOptions {
  // A space goes in front of words that do not start with one.
  bool add_prefix_space = true;
  // Words are cut as GPT-2 does: runs of letters, of numbers and of other
  // characters, each with a space before it; English endings such as "'ll";
  // runs of white space, without the last where something follows.
  bool use_regex = true;
};

// Cuts words, then spells their bytes. All bytes of a character are tied to
// what the character is tied to.
std::unique_ptr<PreTokenizer> CreateByteLevelPreTokenizer(
    const ByteLevelOptions& options);

// Gives each token's bytes back. A token that has a character which stands for
// no byte (an added token) is taken as it is.
std::unique_ptr<Decoder> CreateByteLevelDecoder();

// A token of a text, whose place is to be told without the white space at its
// ends.
struct SpacedToken {
  absl::string_view token;  // As the vocabulary spells it.
  absl::string_view text;   // Where it was found.
  bool is_first = false;    // Of its text.
  // One space at the front of the first token was added, and is no part of
  // `text`.
  bool add_prefix_space = false;
};

// The part of `offsets`, the bytes of token.text, that is not white space: one
// character goes for each space that the token spells at its ends.
ByteRange TrimOffsets(const SpacedToken& token, ByteRange offsets);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_BYTE_LEVEL_H_
