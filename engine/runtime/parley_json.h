// parley.json: what a model directory's owner adds to the files of the hub.
#ifndef PARLEY_ENGINE_RUNTIME_PARLEY_JSON_H_
#define PARLEY_ENGINE_RUNTIME_PARLEY_JSON_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/api/model.h"

namespace parley {

// The model's vocabulary shortlist.
struct ShortlistJson {
  std::string file;  // A name in the model's directory.
  int frequent = 100;
  int best = 100;
  bool is_default = true;
};

// docs/model_directory.md describes the format. What the file leaves out is
// unset.
struct ParleyJson {
  std::optional<std::string> display_name;
  std::optional<ComputeType> compute_type;
  std::optional<double> share;
  std::vector<LanguagePair> language_pairs;
  std::optional<std::string> target_language_token;
  std::optional<int> num_beams;
  std::optional<int> num_hypotheses;
  std::optional<double> length_penalty;
  std::optional<int> max_new_tokens;
  std::optional<int> min_new_tokens;
  std::optional<std::string> early_stopping;  // "false", "true" or "never".
  bool has_defaults = false;  // Whether the file has any of the last six.
  std::optional<ShortlistJson> shortlist;
};

// Reads parley.json of `directory`; all unset where there is none.
// INVALID_ARGUMENT names what is malformed, and keys that nothing reads.
absl::StatusOr<ParleyJson> ReadParleyJson(const std::string& directory);

// INVALID_ARGUMENT, naming it, where a key is set that only translation models
// have.
absl::Status RefuseTranslationKeys(const ParleyJson& parley_json,
                                   const std::string& directory);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_PARLEY_JSON_H_
