#include "client/encoder_flags.h"

namespace parley::client {

parley::v1::TokenLimits TokenLimitFlags::ToLimits() const {
  parley::v1::TokenLimits limits;
  limits.set_truncation(static_cast<parley::v1::Truncation>(truncation));
  limits.set_pair_truncation(
      static_cast<parley::v1::PairTruncation>(pair_truncation));
  if (max_tokens) limits.set_max_tokens(*max_tokens);
  return limits;
}

void AppendTokenLimitFlags(TokenLimitFlags* to, std::vector<Flag>* flags) {
  flags->push_back(OptionalIntFlag(
      {"max_tokens", "N",
       "Tokens of a text at most, special ones included (default: the model's "
       "own window)."},
      &to->max_tokens));
  flags->push_back(
      ChoiceFlag({"truncation", "right|left|refuse",
                  "What becomes of a longer text: its end is cut, its "
                  "beginning is, or it fails (default: as the model says)."},
                 {{"right", parley::v1::TRUNCATION_RIGHT},
                  {"left", parley::v1::TRUNCATION_LEFT},
                  {"refuse", parley::v1::TRUNCATION_REFUSE}},
                 &to->truncation));
}

Flag PairTruncationFlag(TokenLimitFlags* to) {
  return ChoiceFlag(
      {"pair_truncation", "longest_first|only_first|only_second",
       "Which text of a pair is cut where both together are too long (default: "
       "the longer one)."},
      {{"longest_first", parley::v1::PAIR_TRUNCATION_LONGEST_FIRST},
       {"only_first", parley::v1::PAIR_TRUNCATION_ONLY_FIRST},
       {"only_second", parley::v1::PAIR_TRUNCATION_ONLY_SECOND}},
      &to->pair_truncation);
}

std::string EmbedFlags::Problem() const {
  return prompt.has_value() && prompt_name.has_value()
             ? "takes --prompt or --prompt_name, not both"
             : "";
}

parley::v1::EmbedOptions EmbedFlags::ToOptions() const {
  parley::v1::EmbedOptions options;
  options.set_pooling(static_cast<parley::v1::Pooling>(pooling));
  if (normalize) options.set_normalize(*normalize);
  if (dimensions) options.set_dimensions(*dimensions);
  if (prompt_name) options.set_prompt_name(*prompt_name);
  if (prompt) options.set_prompt(*prompt);
  *options.mutable_limits() = limits.ToLimits();
  return options;
}

void AppendEmbedFlags(EmbedFlags* to, std::vector<Flag>* flags) {
  const std::vector<Flag> more = {
      ChoiceFlag({"pooling", "mean|cls|max|last_token|weighted_mean",
                  "How the vectors of a text's tokens become one (this and the "
                  "following: default is the model's own)."},
                 {{"mean", parley::v1::POOLING_MEAN},
                  {"cls", parley::v1::POOLING_CLS},
                  {"max", parley::v1::POOLING_MAX},
                  {"last_token", parley::v1::POOLING_LAST_TOKEN},
                  {"weighted_mean", parley::v1::POOLING_WEIGHTED_MEAN}},
                 &to->pooling),
      OptionalSwitchFlag({"normalize", "",
                          "Vectors are scaled to unit length; --nonormalize "
                          "leaves them as they are."},
                         &to->normalize),
      OptionalIntFlag({"dimensions", "N",
                       "The first N dimensions only, for models that were "
                       "trained for it (Matryoshka)."},
                      &to->dimensions),
      OptionalTextFlag({"prompt_name", "NAME",
                        "The model's prompt of that name goes before each "
                        "text; \"parley models NAME\" lists them."},
                       &to->prompt_name),
      OptionalTextFlag(
          {"prompt", "TEXT", "This goes before each text; empty: no prompt."},
          &to->prompt),
  };
  flags->insert(flags->end(), more.begin(), more.end());
  AppendTokenLimitFlags(&to->limits, flags);
}

Flag ScoreFlag(int* score_function) {
  return ChoiceFlag(
      {"score", "sigmoid|raw",
       "What is done to the model's raw output: pressed between 0 and 1, or "
       "nothing (default: as fits the model)."},
      {{"sigmoid", parley::v1::SCORE_FUNCTION_SIGMOID},
       {"raw", parley::v1::SCORE_FUNCTION_NONE}},
      score_function);
}

Flag LabelScoreFlag(int* score_function) {
  return ChoiceFlag(
      {"score", "softmax|sigmoid|raw",
       "What is done to the model's raw outputs: shared out so that all labels "
       "together make 1, each pressed between 0 and 1 by itself, or nothing "
       "(default: as fits the model)."},
      {{"softmax", parley::v1::SCORE_FUNCTION_SOFTMAX},
       {"sigmoid", parley::v1::SCORE_FUNCTION_SIGMOID},
       {"raw", parley::v1::SCORE_FUNCTION_NONE}},
      score_function);
}

}  // namespace parley::client
