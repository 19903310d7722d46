// Flags of the subcommands that call EmbeddingService.
#ifndef PARLEY_CLIENT_ENCODER_FLAGS_H_
#define PARLEY_CLIENT_ENCODER_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/command_line.h"
#include "parley/v1/embedding.pb.h"

namespace parley::client {

// What is not given is not set in the message: the model's own then holds.
struct TokenLimitFlags {
  std::optional<int32_t> max_tokens;
  int truncation = parley::v1::TRUNCATION_UNSPECIFIED;
  int pair_truncation = parley::v1::PAIR_TRUNCATION_UNSPECIFIED;

  parley::v1::TokenLimits ToLimits() const;
};
// --max_tokens, --truncation.
void AppendTokenLimitFlags(TokenLimitFlags* to, std::vector<Flag>* flags);
// --pair_truncation, for commands that send pairs.
Flag PairTruncationFlag(TokenLimitFlags* to);

struct EmbedFlags {
  int pooling = parley::v1::POOLING_UNSPECIFIED;
  std::optional<bool> normalize;
  std::optional<int32_t> dimensions;
  std::optional<std::string> prompt_name, prompt;
  TokenLimitFlags limits;

  // What is wrong with them together; empty where nothing is.
  std::string Problem() const;
  parley::v1::EmbedOptions ToOptions() const;
};
// --pooling, --normalize, --dimensions, --prompt_name, --prompt, and limits.
void AppendEmbedFlags(EmbedFlags* to, std::vector<Flag>* flags);

// --score=sigmoid|raw of a single number, and --score=softmax|sigmoid|raw of
// labels: into a ScoreFunction's number.
Flag ScoreFlag(int* score_function);
Flag LabelScoreFlag(int* score_function);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_ENCODER_FLAGS_H_
