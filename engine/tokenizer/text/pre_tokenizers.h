// The pre-tokenizers of tokenizer.json that cut by kinds of characters or by a
// pattern, by their names there.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_PRE_TOKENIZERS_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_PRE_TOKENIZERS_H_

#include <memory>
#include <vector>

#include "engine/tokenizer/text/pattern.h"
#include "engine/tokenizer/text/split_behavior.h"
#include "engine/tokenizer/text/steps.h"

namespace parley {

// "BertPreTokenizer": at white space, and each punctuation mark by itself.
std::unique_ptr<const PreTokenizer> CreateBertPreTokenizer();

// "Whitespace": \w+ and [^\w\s]+ are words.
std::unique_ptr<const PreTokenizer> CreateWhitespace();

// "WhitespaceSplit": at white space.
std::unique_ptr<const PreTokenizer> CreateWhitespaceSplit();

// "Punctuation": at each punctuation mark.
std::unique_ptr<const PreTokenizer> CreatePunctuation(SplitBehavior behavior);

// "Digits": numbers apart, or each of their digits.
std::unique_ptr<const PreTokenizer> CreateDigits(bool individual);

// "CharDelimiterSplit": at one character, which goes away.
std::unique_ptr<const PreTokenizer> CreateDelimiterSplit(char32_t delimiter);

struct SplitOptions {
  SplitBehavior behavior = SplitBehavior::kRemoved;
  bool invert = false;  // What matches is a word, and not a delimiter.
};
// "Split": at the matches of `pattern` (not null).
std::unique_ptr<const PreTokenizer> CreateSplit(
    std::unique_ptr<const Pattern> pattern, const SplitOptions& options);

// "Sequence": one after the other.
std::unique_ptr<const PreTokenizer> CreatePreTokenizerSequence(
    std::vector<std::unique_ptr<const PreTokenizer>> steps);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_PRE_TOKENIZERS_H_
