// What kind of character one is, in the Unicode versions that Hugging Face's
// tokenizers 0.23 has: 8 for general categories, 9 for marks and normal forms,
// 16 for words and 17 for numbers and letter case. ICU, here with 15, knows
// since when each character exists; what remains to tell is in the .cc file.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_UNICODE_PROPERTIES_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_UNICODE_PROPERTIES_H_

#include <cstdint>

namespace parley {

// The property White_Space.
bool IsWhitespace(char32_t c);
// Categories Cc, Cf, Co.
bool IsOtherCategory(char32_t c);
// Categories P*, and the symbols of ASCII.
bool IsPunctuation(char32_t c);
// Category Mn, as BertNormalizer has it.
bool IsNonspacingMark(char32_t c);
// Categories M*, as StripAccents has it.
bool IsMark(char32_t c);
// Categories N*.
bool IsNumeric(char32_t c);
// \w of the regular expressions of Rust.
bool IsWordCharacter(char32_t c);
// The blocks that BERT sets apart: ideographs, but neither kana nor hangul.
bool IsChineseCharacter(char32_t c);

// The lower case of one character, without regard to those around it. Only
// U+0130 has a second character (else 0).
struct LowerCase {
  char32_t first = 0;
  char32_t second = 0;
};
LowerCase ToLowerCase(char32_t c);

// Whether the character takes part in normal forms: it is in Unicode 9.
bool HasNormalForm(char32_t c);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_UNICODE_PROPERTIES_H_
