// Text to token ids and back.
#ifndef PARLEY_ENGINE_API_TOKENIZER_H_
#define PARLEY_ENGINE_API_TOKENIZER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/api/task.h"

namespace parley {

// Bytes [begin, end) of the text that was encoded; empty for special tokens.
struct ByteRange {
  size_t begin = 0;
  size_t end = 0;
};

// One encoded text.
struct Encoding {
  std::vector<TokenId> ids;        // [num_tokens]
  std::vector<ByteRange> offsets;  // Non-decreasing. [num_tokens]
  // Of each token where those before it have been cut off; empty where that
  // makes no difference. [num_tokens]
  std::vector<ByteRange> offsets_as_first = {};
};

// A language token at the front of a text, as multilingual OPUS-MT models
// take it: ">>de<< Hello" is language_token ">>de<<" and text " Hello".
struct LanguagePrefix {
  std::string language_token;  // Empty where there is none.
  size_t text_begin = 0;       // In bytes.
};

// Any thread may call everything at any time.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Encodes `text` (valid UTF-8) for the model's source side, with its special
  // tokens. `language_token` goes before the text; empty adds nothing.
  // INVALID_ARGUMENT where the vocabulary has no such token.
  virtual absl::StatusOr<Encoding> Encode(
      absl::string_view text, absl::string_view language_token) const = 0;

  // The text of target tokens, special tokens left out, stripped of white
  // space at its ends; always valid UTF-8. Ids outside the vocabulary read as
  // the unknown token.
  virtual std::string Decode(absl::Span<const TokenId> ids) const = 0;

  // The target token as the vocabulary spells it, as valid UTF-8.
  virtual std::string TokenText(TokenId id) const = 0;

  // Finds the language token that a user wrote before a text.
  virtual LanguagePrefix FindLanguagePrefix(absl::string_view text) const = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_API_TOKENIZER_H_
