// Kinds of characters, as the pattern of byte-level tokenizers tells them
// apart.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_REGEX_CLASS_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_REGEX_CLASS_H_

#include <cstdint>

namespace parley {

enum class RegexClass : uint8_t {
  kOther,
  kLetter,  // \p{L}
  kNumber,  // \p{N}
  kSpace,   // \s
};

// In the Unicode version of the engine that tokenizers 0.23 uses (Oniguruma's
// 16). Any thread.
RegexClass RegexClassOf(char32_t c);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_REGEX_CLASS_H_
