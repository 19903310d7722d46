// What tokenizer_config.json and its companions say of a Marian tokenizer.
#ifndef PARLEY_ENGINE_TOKENIZER_TOKENIZER_CONFIG_H_
#define PARLEY_ENGINE_TOKENIZER_TOKENIZER_CONFIG_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/tokenizer/added_tokens.h"

namespace parley {

inline constexpr size_t kMaxTokenizerConfigBytes = size_t{16} << 20;
inline constexpr size_t kMaxAddedTokenBytes = 1024;

struct TokenizerConfig {
  std::string source_language;  // source_lang; empty where not given.
  std::string target_language;
  std::string unk_token = "<unk>";
  std::string eos_token = "</s>";
  // Texts of all special tokens, those two among them, each once. They may or
  // may not be in the vocabulary.
  std::vector<std::string> special_tokens;
  // Tokens that the files give an id themselves.
  std::vector<AddedToken> added_tokens;
  int max_tokens = 0;  // model_max_length; 0 for none.
  bool separate_vocabs = false;
  bool split_special_tokens = false;  // Special tokens in a text are text.
  bool clean_up_spaces = false;       // clean_up_tokenization_spaces.
};

// Reads tokenizer_config.json and, where that lists no added tokens,
// special_tokens_map.json and added_tokens.json, which older models have.
// Each may be missing. Errors name the file, the key and what was expected.
absl::StatusOr<TokenizerConfig> ReadTokenizerConfig(
    const std::string& directory);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TOKENIZER_CONFIG_H_
