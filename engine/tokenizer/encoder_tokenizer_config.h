// What tokenizer_config.json and special_tokens_map.json say of an encoder's
// tokenizer.
#ifndef PARLEY_ENGINE_TOKENIZER_ENCODER_TOKENIZER_CONFIG_H_
#define PARLEY_ENGINE_TOKENIZER_ENCODER_TOKENIZER_CONFIG_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/api/encoder_tokenizer.h"
#include "engine/tokenizer/added_vocabulary.h"
#include "engine/tokenizer/json_node.h"

namespace parley {

struct EncoderTokenizerConfig {
  // Special tokens by what they are for: "mask_token" and so on. Their ids are
  // left at 0.
  absl::flat_hash_map<std::string, VocabularyAddition> special_tokens;
  // "added_tokens_decoder", by rising id.
  std::vector<VocabularyAddition> added_tokens;
  std::string tokenizer_class;  // Without "Fast"; empty where not given.
  // model_max_length, where it is a number that a model may have.
  std::optional<int> max_tokens;
  std::optional<TruncationSide> truncation_side;
  // tokenizer_config.json, whole, for keys of one kind of tokenizer.
  std::optional<JsonDocument> document;

  // Of tokenizer_config.json; missing where there is none.
  JsonNode Get(absl::string_view key) const;
  // The text of a special token, or the fallback where the files have none.
  std::string SpecialToken(absl::string_view name,
                           absl::string_view fallback) const;
};

// Both files may be missing; where both have a special token,
// tokenizer_config.json counts. Errors name file, key and what was expected.
absl::StatusOr<EncoderTokenizerConfig> ReadEncoderTokenizerConfig(
    const std::string& directory);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_ENCODER_TOKENIZER_CONFIG_H_
