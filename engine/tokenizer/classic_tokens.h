// The special and added tokens of tokenizers that come in classic files, where
// the vocabulary does not tell which of its tokens these are.
#ifndef PARLEY_ENGINE_TOKENIZER_CLASSIC_TOKENS_H_
#define PARLEY_ENGINE_TOKENIZER_CLASSIC_TOKENS_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/tokenizer/added_vocabulary.h"
#include "engine/tokenizer/encoder_tokenizer_config.h"
#include "engine/tokenizer/subword/subword_model.h"

namespace parley {

// A special token where the files do not give its flags.
struct NamedToken {
  absl::string_view name;  // What it is for: "mask_token".
  absl::string_view text;  // Where they do not give that either.
  bool normalized = false;
  bool lstrip = false;
};

// Those of RoBERTa and what descends from it, in the order in which those that
// the vocabulary lacks get their ids.
inline constexpr NamedToken kRobertaTokens[] = {
    {"bos_token", "<s>"},     {"eos_token", "</s>"},  {"unk_token", "<unk>"},
    {"sep_token", "</s>"},    {"pad_token", "<pad>"}, {"cls_token", "<s>"},
    {"mask_token", "<mask>"},
};

// Gathers tokens, each with its id in the model's vocabulary or else a new one,
// counted from `num_tokens`. Model and config outlive it. One thread.
class ClassicTokens {
 public:
  ClassicTokens(const SubwordModel& model, size_t num_tokens,
                const EncoderTokenizerConfig& config)
      : model_(model),
        config_(config),
        next_id_(static_cast<TokenId>(num_tokens)) {}

  // Of tokens with one text the first counts.
  void Add(VocabularyAddition token);
  // Those of added_tokens_decoder.
  void AddListed();
  void AddNamed(absl::Span<const NamedToken> tokens);

  // In the order in which they were added; none are left here.
  std::vector<VocabularyAddition> Take() { return std::move(tokens_); }

 private:
  const SubwordModel& model_;
  const EncoderTokenizerConfig& config_;
  TokenId next_id_;
  absl::flat_hash_set<std::string> contents_;
  std::vector<VocabularyAddition> tokens_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_CLASSIC_TOKENS_H_
