#include "engine/tokenizer/encoder_tokenizer_config.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "engine/tokenizer/vocabulary.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

// transformers writes int(1e30) for none.
constexpr double kMaxSensibleTokens = 1 << 24;

absl::Status ReadMaxTokens(const JsonNode& node,
                           EncoderTokenizerConfig* config) {
  if (node.is_missing()) return absl::OkStatus();
  const double value =
      node.value().is_number() ? node.value().get<double>() : 0;
  if (!(value >= 1) || value != std::floor(value)) {
    return node.Expected("a positive integer");
  }
  if (value <= kMaxSensibleTokens) {
    config->max_tokens = static_cast<int>(value);
  }
  return absl::OkStatus();
}

absl::Status ReadSide(const JsonNode& node, EncoderTokenizerConfig* config) {
  if (node.is_missing()) return absl::OkStatus();
  PARLEY_ASSIGN_OR_RETURN(const std::string side, node.AsString());
  if (side != "left" && side != "right") return node.Expected("left or right");
  config->truncation_side =
      side == "left" ? TruncationSide::kLeft : TruncationSide::kRight;
  return absl::OkStatus();
}

// Tokens that are there already stay.
absl::Status ReadSpecialTokens(const JsonNode& root,
                               EncoderTokenizerConfig* config) {
  PARLEY_ASSIGN_OR_RETURN(const auto items, root.AsObject());
  for (const auto& [key, node] : items) {
    // "add_bos_token" and the like are no tokens.
    if (!absl::EndsWith(key, "_token") || node.is_missing() ||
        node.value().is_boolean()) {
      continue;
    }
    PARLEY_ASSIGN_OR_RETURN(VocabularyAddition token, ReadAddedToken(node));
    token.special = true;
    if (!token.content.empty()) {
      config->special_tokens.emplace(key, std::move(token));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadAddedTokensDecoder(const JsonNode& node,
                                    EncoderTokenizerConfig* config) {
  if (node.is_missing()) return absl::OkStatus();
  PARLEY_ASSIGN_OR_RETURN(const auto items, node.AsObject());
  for (const auto& [key, value] : items) {
    PARLEY_ASSIGN_OR_RETURN(VocabularyAddition token, ReadAddedToken(value));
    if (!absl::SimpleAtoi(key, &token.id) || token.id < 0 ||
        token.id > kMaxTokenId) {
      return value.Wrong(
          absl::StrCat("has a key that is no id from 0 to ", kMaxTokenId));
    }
    if (!token.content.empty()) config->added_tokens.push_back(token);
  }
  std::sort(config->added_tokens.begin(), config->added_tokens.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return absl::OkStatus();
}

absl::Status ReadConfig(const JsonNode& root, EncoderTokenizerConfig* config) {
  PARLEY_RETURN_IF_ERROR(ReadMaxTokens(root.Get("model_max_length"), config));
  PARLEY_RETURN_IF_ERROR(ReadSide(root.Get("truncation_side"), config));
  PARLEY_ASSIGN_OR_RETURN(config->tokenizer_class,
                          root.Get("tokenizer_class").StringOr(""));
  config->tokenizer_class =
      std::string(absl::StripSuffix(config->tokenizer_class, "Fast"));
  PARLEY_RETURN_IF_ERROR(ReadSpecialTokens(root, config));
  return ReadAddedTokensDecoder(root.Get("added_tokens_decoder"), config);
}

}  // namespace

JsonNode EncoderTokenizerConfig::Get(absl::string_view key) const {
  if (!document.has_value()) return {nullptr, std::string(key)};
  return document->root().Get(key);
}

std::string EncoderTokenizerConfig::SpecialToken(
    absl::string_view name, absl::string_view fallback) const {
  const auto it = special_tokens.find(name);
  return it == special_tokens.end() ? std::string(fallback)
                                    : it->second.content;
}

absl::StatusOr<EncoderTokenizerConfig> ReadEncoderTokenizerConfig(
    const std::string& directory) {
  EncoderTokenizerConfig config;
  absl::StatusOr<JsonDocument> document =
      JsonDocument::Read(directory + "/tokenizer_config.json");
  if (document.ok()) {
    PARLEY_RETURN_IF_ERROR(ReadConfig(document->root(), &config));
    config.document = *std::move(document);
  } else if (!absl::IsNotFound(document.status())) {
    return document.status();
  }
  absl::StatusOr<JsonDocument> map =
      JsonDocument::Read(directory + "/special_tokens_map.json");
  if (absl::IsNotFound(map.status())) return config;
  PARLEY_RETURN_IF_ERROR(map.status());
  PARLEY_RETURN_IF_ERROR(ReadSpecialTokens(map->root(), &config));
  return config;
}

}  // namespace parley
