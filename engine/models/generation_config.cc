#include "engine/models/generation_config.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/models/config_reader.h"

namespace parley {
namespace {

constexpr int kMaxInt = std::numeric_limits<int>::max();

// Settings that make transformers answer differently and that Parley does not
// have: a model that asks for one is refused rather than answered wrongly.
absl::Status RefuseUnsupported(const JsonFile& file) {
  struct Neutral {
    absl::string_view key;
    double value;
  };
  constexpr Neutral kNumbers[] = {
      {"no_repeat_ngram_size", 0}, {"encoder_no_repeat_ngram_size", 0},
      {"repetition_penalty", 1},   {"encoder_repetition_penalty", 1},
      {"diversity_penalty", 0},    {"num_beam_groups", 1},
      {"penalty_alpha", 0}};
  for (const Neutral& number : kNumbers) {
    PARLEY_ASSIGN_OR_RETURN(const std::optional<double> value,
                            file.GetNumber(number.key));
    if (value.value_or(number.value) != number.value) {
      return absl::UnimplementedError(
          absl::StrCat(file.path(), ": \"", number.key, "\" is ", *value,
                       "; only ", number.value, " is supported"));
    }
  }
  PARLEY_ASSIGN_OR_RETURN(const std::optional<bool> sample,
                          file.GetBool("do_sample"));
  if (sample.value_or(false)) {
    return absl::UnimplementedError(
        absl::StrCat(file.path(),
                     ": \"do_sample\" is true; sampling as a model's default "
                     "is not supported, requests ask for it"));
  }
  for (const absl::string_view key :
       {"forced_bos_token_id", "suppress_tokens", "begin_suppress_tokens",
        "forced_decoder_ids", "sequence_bias", "constraints",
        "force_words_ids"}) {
    if (file.Has(key)) {
      return absl::UnimplementedError(absl::StrCat(
          file.path(), ": \"", key, "\" is set; it is not supported"));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadLengths(const JsonFile& file, const JsonFile& config,
                         GenerationConfig* result) {
  PARLEY_ASSIGN_OR_RETURN(
      result->max_new_tokens,
      ReadInt(file, "max_new_tokens", {.low = 1, .high = kMaxInt, .unset = 0}));
  if (result->max_new_tokens == 0) {
    const IntRange length = {.low = 2, .high = kMaxInt, .unset = 1};
    PARLEY_ASSIGN_OR_RETURN(int max_length,
                            ReadInt(file, "max_length", length));
    if (max_length == length.unset) {
      PARLEY_ASSIGN_OR_RETURN(max_length,
                              ReadInt(config, "max_length", length));
    }
    result->max_new_tokens = max_length - 1;  // It counts the start token.
  }
  const IntRange minimum = {.low = 0, .high = kMaxInt, .unset = 0};
  PARLEY_ASSIGN_OR_RETURN(result->min_new_tokens,
                          ReadInt(file, "min_new_tokens", minimum));
  PARLEY_ASSIGN_OR_RETURN(const int min_length,
                          ReadInt(file, "min_length", minimum));
  result->min_new_tokens = std::max(result->min_new_tokens, min_length - 1);
  return absl::OkStatus();
}

// A token id from the first of the files that has it.
absl::StatusOr<std::optional<int>> ReadTokenId(const JsonFile& file,
                                               const JsonFile& config,
                                               absl::string_view key) {
  for (const JsonFile* source : {&file, &config}) {
    PARLEY_ASSIGN_OR_RETURN(const std::optional<int64_t> id,
                            source->GetIntOrOnlyInt(key));
    if (!id.has_value()) continue;
    if (*id < 0 || *id > kMaxInt) {
      return absl::InvalidArgumentError(absl::StrCat(
          source->path(), ": \"", key, "\" is ", *id, ", not a token id"));
    }
    return static_cast<int>(*id);
  }
  return std::nullopt;
}

absl::Status ReadTokens(const JsonFile& file, const JsonFile& config,
                        GenerationConfig* result) {
  PARLEY_ASSIGN_OR_RETURN(const std::optional<int> end,
                          ReadTokenId(file, config, "eos_token_id"));
  result->eos_token_id = end.value_or(0);
  PARLEY_ASSIGN_OR_RETURN(const std::optional<int> start,
                          ReadTokenId(file, config, "decoder_start_token_id"));
  if (!start.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(config.path(), ": \"decoder_start_token_id\" is missing"));
  }
  result->decoder_start_token_id = *start;
  PARLEY_ASSIGN_OR_RETURN(const std::optional<int64_t> forced_end,
                          file.GetIntOrOnlyInt("forced_eos_token_id"));
  result->forced_eos_token_id = static_cast<int>(
      std::clamp<int64_t>(forced_end.value_or(-1), -1, kMaxInt));
  PARLEY_ASSIGN_OR_RETURN(const auto bad_words,
                          file.GetIntLists("bad_words_ids"));
  if (!bad_words.has_value()) return absl::OkStatus();
  for (const std::vector<int64_t>& word : *bad_words) {
    std::vector<int>& ids = result->bad_words_ids.emplace_back();
    for (const int64_t id : word) {
      if (id < 0 || id > kMaxInt) {
        return absl::InvalidArgumentError(absl::StrCat(
            file.path(), ": \"bad_words_ids\" holds ", id, ", not a token id"));
      }
      ids.push_back(static_cast<int>(id));
    }
    if (ids.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file.path(), ": \"bad_words_ids\" holds an empty list"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<GenerationConfig> ReadFrom(const JsonFile& file,
                                          const JsonFile& config) {
  PARLEY_RETURN_IF_ERROR(RefuseUnsupported(file));
  GenerationConfig result;
  PARLEY_ASSIGN_OR_RETURN(
      result.num_beams,
      ReadInt(file, "num_beams", {.low = 1, .high = kMaxInt, .unset = 1}));
  PARLEY_ASSIGN_OR_RETURN(result.num_return_sequences,
                          ReadInt(file, "num_return_sequences",
                                  {.low = 1, .high = kMaxInt, .unset = 1}));
  PARLEY_ASSIGN_OR_RETURN(const std::optional<double> penalty,
                          file.GetNumber("length_penalty"));
  result.length_penalty = penalty.value_or(1.0);
  PARLEY_ASSIGN_OR_RETURN(const std::optional<std::string> stopping,
                          file.GetBoolOrString("early_stopping"));
  result.early_stopping = stopping.value_or("false");
  if (result.early_stopping != "false" && result.early_stopping != "true" &&
      result.early_stopping != "never") {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": \"early_stopping\" is \"", result.early_stopping,
        "\", expected false, true or \"never\""));
  }
  PARLEY_ASSIGN_OR_RETURN(const std::optional<bool> renormalize,
                          file.GetBool("renormalize_logits"));
  result.renormalize_logits = renormalize.value_or(false);
  PARLEY_RETURN_IF_ERROR(ReadLengths(file, config, &result));
  PARLEY_RETURN_IF_ERROR(ReadTokens(file, config, &result));
  return result;
}

}  // namespace

absl::StatusOr<GenerationConfig> ReadGenerationConfig(
    const std::string& directory, const JsonFile& config) {
  absl::StatusOr<JsonFile> file =
      JsonFile::Read(absl::StrCat(directory, "/generation_config.json"));
  if (absl::IsNotFound(file.status())) return ReadFrom(config, config);
  PARLEY_RETURN_IF_ERROR(file.status());
  return ReadFrom(*file, config);
}

}  // namespace parley
