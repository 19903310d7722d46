// Byte-pair encoding: characters, joined two by two in the order in which the
// model learned to join them.
#ifndef PARLEY_ENGINE_TOKENIZER_SUBWORD_BPE_H_
#define PARLEY_ENGINE_TOKENIZER_SUBWORD_BPE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/api/task.h"
#include "engine/tokenizer/subword/subword_model.h"

namespace parley {

struct BpeOptions {
  std::vector<std::pair<std::string, TokenId>> vocab;
  // Two tokens that are joined, the most urgent first. The vocabulary has both
  // and what they make.
  std::vector<std::pair<std::string, std::string>> merges;
  // For characters that the vocabulary lacks. Where it is unset they are left
  // out; where the vocabulary lacks it, words with such characters fail.
  std::optional<std::string> unk_token;
  std::string continuing_subword_prefix;  // Of all characters but the first.
  std::string end_of_word_suffix;         // Of the last character.
  bool fuse_unk = false;       // Unknown characters in a row make one token.
  bool byte_fallback = false;  // Unknown characters become "<0x..>" tokens.
  bool ignore_merges = false;  // A word in the vocabulary is taken as it is.
};

// As Hugging Face's tokenizers do it, in ids and in bytes, also where a word
// has characters that are left out: the bytes of later pieces then count
// without them. A word of n bytes takes O(n log n). INVALID_ARGUMENT names the
// first merge whose tokens the vocabulary lacks.
absl::StatusOr<std::unique_ptr<SubwordModel>> CreateBpe(BpeOptions options);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_SUBWORD_BPE_H_
