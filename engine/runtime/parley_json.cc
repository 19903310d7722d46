#include "engine/runtime/parley_json.h"

#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "engine/weights/json_file.h"

namespace parley {
namespace {

constexpr char kLanguagePlaceholder[] = "{language}";

absl::Status RefuseUnknownKeys(const JsonFile& file,
                               const std::vector<absl::string_view>& known) {
  const std::vector<std::string> unknown = file.UnknownKeys(known);
  if (unknown.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      file.path(), ": unknown key \"", absl::StrJoin(unknown, "\", \""),
      "\"; known are ", absl::StrJoin(known, ", ")));
}

absl::Status ReadType(const JsonFile& file, ParleyJson* result) {
  PARLEY_ASSIGN_OR_RETURN(const std::optional<std::string> name,
                          file.GetString("compute_type"));
  if (!name.has_value()) return absl::OkStatus();
  result->compute_type = ParseComputeType(*name);
  if (result->compute_type.has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(file.path(), ": \"compute_type\" is \"", *name,
                   "\", expected auto, f32, bf16 or int8"));
}

absl::Status ReadShare(const JsonFile& file, ParleyJson* result) {
  constexpr double kLeast = 0.01;
  constexpr double kMost = 100;
  PARLEY_ASSIGN_OR_RETURN(result->share, file.GetNumber("share"));
  if (!result->share.has_value() ||
      (*result->share >= kLeast && *result->share <= kMost)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(file.path(), ": \"share\" is ",
                                                 *result->share, ", expected ",
                                                 kLeast, " to ", kMost));
}

absl::Status ReadLanguagePairs(const JsonFile& file, ParleyJson* result) {
  PARLEY_ASSIGN_OR_RETURN(const auto pairs,
                          file.GetStringLists("language_pairs"));
  if (!pairs.has_value()) return absl::OkStatus();
  for (const std::vector<std::string>& pair : *pairs) {
    if (pair.size() != 2 || pair[0].empty() || pair[1].empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.path(), ": \"language_pairs\" holds [",
          absl::StrJoin(pair, ", "), "], expected [source, target]"));
    }
    result->language_pairs.push_back({.source = pair[0], .target = pair[1]});
  }
  return absl::OkStatus();
}

absl::Status ReadCount(const JsonFile& file, absl::string_view key,
                       std::optional<int>* count) {
  PARLEY_ASSIGN_OR_RETURN(const std::optional<int64_t> value, file.GetInt(key));
  if (!value.has_value()) return absl::OkStatus();
  if (*value < 0 || *value > std::numeric_limits<int>::max()) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": \"", key, "\" is ", *value, ", out of range"));
  }
  *count = static_cast<int>(*value);
  return absl::OkStatus();
}

absl::Status ReadDefaults(const JsonFile& file, ParleyJson* result) {
  PARLEY_RETURN_IF_ERROR(RefuseUnknownKeys(
      file, {"num_beams", "num_hypotheses", "length_penalty", "max_new_tokens",
             "min_new_tokens", "early_stopping"}));
  PARLEY_RETURN_IF_ERROR(ReadCount(file, "num_beams", &result->num_beams));
  PARLEY_RETURN_IF_ERROR(
      ReadCount(file, "num_hypotheses", &result->num_hypotheses));
  PARLEY_RETURN_IF_ERROR(
      ReadCount(file, "max_new_tokens", &result->max_new_tokens));
  PARLEY_RETURN_IF_ERROR(
      ReadCount(file, "min_new_tokens", &result->min_new_tokens));
  PARLEY_ASSIGN_OR_RETURN(result->length_penalty,
                          file.GetNumber("length_penalty"));
  PARLEY_ASSIGN_OR_RETURN(result->early_stopping,
                          file.GetBoolOrString("early_stopping"));
  return absl::OkStatus();
}

// A name without folders, so that a model's files cannot point elsewhere.
absl::StatusOr<std::string> ReadFileName(const JsonFile& file,
                                         absl::string_view key) {
  PARLEY_ASSIGN_OR_RETURN(const std::optional<std::string> name,
                          file.GetString(key));
  if (!name.has_value() || name->empty() || *name == "." || *name == ".." ||
      name->find('/') != std::string::npos ||
      name->find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.path(), ": \"", key,
                     "\" must name a file in the model's directory"));
  }
  return *name;
}

absl::StatusOr<ShortlistJson> ReadShortlist(const JsonFile& file) {
  PARLEY_RETURN_IF_ERROR(
      RefuseUnknownKeys(file, {"file", "frequent", "best", "default"}));
  ShortlistJson result;
  PARLEY_ASSIGN_OR_RETURN(result.file, ReadFileName(file, "file"));
  std::optional<int> frequent;
  PARLEY_RETURN_IF_ERROR(ReadCount(file, "frequent", &frequent));
  result.frequent = frequent.value_or(result.frequent);
  std::optional<int> best;
  PARLEY_RETURN_IF_ERROR(ReadCount(file, "best", &best));
  result.best = best.value_or(result.best);
  if (result.best == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.path(), ": \"best\" is 0, expected 1 or more"));
  }
  PARLEY_ASSIGN_OR_RETURN(const std::optional<bool> is_default,
                          file.GetBool("default"));
  result.is_default = is_default.value_or(result.is_default);
  return result;
}

}  // namespace

absl::StatusOr<ParleyJson> ReadParleyJson(const std::string& directory) {
  absl::StatusOr<JsonFile> read =
      JsonFile::Read(absl::StrCat(directory, "/parley.json"));
  if (absl::IsNotFound(read.status())) return ParleyJson();
  PARLEY_RETURN_IF_ERROR(read.status());
  const JsonFile& file = *read;
  PARLEY_RETURN_IF_ERROR(RefuseUnknownKeys(
      file, {"display_name", "compute_type", "share", "language_pairs",
             "target_language_token", "defaults", "shortlist"}));
  ParleyJson result;
  PARLEY_ASSIGN_OR_RETURN(result.display_name, file.GetString("display_name"));
  PARLEY_RETURN_IF_ERROR(ReadType(file, &result));
  PARLEY_RETURN_IF_ERROR(ReadShare(file, &result));
  PARLEY_RETURN_IF_ERROR(ReadLanguagePairs(file, &result));
  PARLEY_ASSIGN_OR_RETURN(result.target_language_token,
                          file.GetString("target_language_token"));
  if (result.target_language_token.has_value() &&
      result.target_language_token->find(kLanguagePlaceholder) ==
          std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": \"target_language_token\" is \"",
        *result.target_language_token, "\", expected one with ",
        kLanguagePlaceholder, " in it, such as \">>{language}<<\""));
  }
  PARLEY_ASSIGN_OR_RETURN(const std::optional<JsonFile> defaults,
                          file.GetObject("defaults"));
  if (defaults.has_value()) {
    result.has_defaults = true;
    PARLEY_RETURN_IF_ERROR(ReadDefaults(*defaults, &result));
  }
  PARLEY_ASSIGN_OR_RETURN(const std::optional<JsonFile> shortlist,
                          file.GetObject("shortlist"));
  if (shortlist.has_value()) {
    PARLEY_ASSIGN_OR_RETURN(result.shortlist, ReadShortlist(*shortlist));
  }
  return result;
}

absl::Status RefuseTranslationKeys(const ParleyJson& parley_json,
                                   const std::string& directory) {
  absl::string_view key;
  if (!parley_json.language_pairs.empty()) key = "language_pairs";
  if (parley_json.target_language_token.has_value()) {
    key = "target_language_token";
  }
  if (parley_json.has_defaults) key = "defaults";
  if (parley_json.shortlist.has_value()) key = "shortlist";
  if (key.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      directory, "/parley.json: \"", key, "\" is only for translation models"));
}

}  // namespace parley
