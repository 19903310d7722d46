// Tokens that Hugging Face's tokenizers gives for hard texts, against ours.
#ifndef PARLEY_TESTS_ENGINE_TOKENIZER_GOLDEN_TOKENS_H_
#define PARLEY_TESTS_ENGINE_TOKENIZER_GOLDEN_TOKENS_H_

#include <string>

namespace parley {

// Loads the tokenizer tests/goldens/tokenizer/`name` and expects what
// `name`.jsonl beside it says (tools/make_tiny_tokenizers.py tells the format):
// ids and offsets, decoded texts, ids with special tokens.
void ExpectGoldenTokens(const std::string& name);

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_TOKENIZER_GOLDEN_TOKENS_H_
