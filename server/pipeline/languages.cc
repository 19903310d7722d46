#include "server/pipeline/languages.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace parley {
namespace {

constexpr absl::string_view kPlaceholder = "{language}";

// What a caller wrote, fit to stand in a message.
std::string Quoted(absl::string_view code) {
  constexpr size_t kMaxBytes = 64;
  return absl::StrCat("\"", absl::CEscape(code.substr(0, kMaxBytes)),
                      code.size() > kMaxBytes ? "...\"" : "\"");
}

// Messages travel in headers, which are bounded.
std::string Listed(std::vector<std::string> names) {
  constexpr size_t kMaxNames = 200;
  const size_t num_more = names.size() - std::min(names.size(), kMaxNames);
  names.resize(names.size() - num_more);
  std::string list = absl::StrJoin(names, ", ");
  if (num_more > 0) absl::StrAppend(&list, " and ", num_more, " more");
  return list;
}

std::string Listed(const ModelLanguages& languages) {
  if (languages.pairs.empty()) return Listed(languages.targets);
  std::vector<std::string> names;
  for (const LanguagePair& pair : languages.pairs) {
    names.push_back(absl::StrCat(pair.source, "-", pair.target));
  }
  return Listed(std::move(names));
}

void AddNew(const std::string& name, std::vector<std::string>* names) {
  if (std::find(names->begin(), names->end(), name) == names->end()) {
    names->push_back(name);
  }
}

// An empty code stands for any.
bool Matches(absl::string_view code, absl::string_view listed) {
  return code.empty() || code == listed;
}

// Where the model can go from `source`. Empty where it does not list it.
std::vector<std::string> TargetsFrom(const ModelLanguages& languages,
                                     absl::string_view source) {
  if (languages.pairs.empty()) return languages.targets;
  std::vector<std::string> targets;
  for (const LanguagePair& pair : languages.pairs) {
    if (Matches(source, pair.source)) AddNew(pair.target, &targets);
  }
  return targets;
}

std::vector<std::string> SourcesTo(const ModelLanguages& languages,
                                   absl::string_view target) {
  std::vector<std::string> sources;
  for (const LanguagePair& pair : languages.pairs) {
    if (Matches(target, pair.target)) AddNew(pair.source, &sources);
  }
  return sources;
}

std::string TokenOf(const ModelLanguages& languages, absl::string_view target) {
  return absl::StrReplaceAll(languages.target_token, {{kPlaceholder, target}});
}

// The language that `token` stands for; nothing where the model's tokens do not
// look like that.
std::optional<std::string> LanguageOf(const ModelLanguages& languages,
                                      absl::string_view token) {
  const absl::string_view pattern = languages.target_token;
  const size_t place = pattern.find(kPlaceholder);
  if (place == absl::string_view::npos ||
      !absl::ConsumePrefix(&token, pattern.substr(0, place)) ||
      !absl::ConsumeSuffix(&token,
                           pattern.substr(place + kPlaceholder.size()))) {
    return std::nullopt;
  }
  return std::string(token);
}

}  // namespace

absl::StatusOr<LanguageChoice> LanguageChoice::Create(
    const ModelLanguages& languages, absl::string_view source,
    absl::string_view target) {
  LanguageChoice choice(&languages);
  choice.source_ = std::string(source);
  choice.target_ = std::string(target);
  std::vector<std::string> targets = TargetsFrom(languages, source);
  if (!languages.pairs.empty() && targets.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "source_language ", Quoted(source),
        " is not listed; the model translates ", Listed(languages)));
  }
  if (!target.empty()) {
    PARLEY_RETURN_IF_ERROR(choice.CheckListed(target));
    targets = {choice.target_};
  }
  if (targets.size() == 1) {
    choice.default_token_ = TokenOf(languages, targets.front());
    if (choice.source_.empty()) {
      const auto sources = SourcesTo(languages, targets.front());
      if (sources.size() == 1) choice.source_ = sources.front();
    }
  } else if (targets.empty()) {
    choice.default_token_ = "";
  }
  if (choice.source_.empty()) {
    const std::vector<std::string> sources = SourcesTo(languages, "");
    if (sources.size() == 1) choice.source_ = sources.front();
  }
  return choice;
}

absl::Status LanguageChoice::CheckListed(absl::string_view target) const {
  const std::vector<std::string> targets = TargetsFrom(*languages_, source_);
  const bool lists_nothing =
      languages_->pairs.empty() && languages_->targets.empty();
  if (lists_nothing ||
      std::find(targets.begin(), targets.end(), target) != targets.end()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "target_language ", Quoted(target), " is not listed",
      source_.empty() ? "" : absl::StrCat(" for source ", Quoted(source_)),
      "; the model translates ", languages_->pairs.empty() ? "into " : "",
      Listed(*languages_)));
}

absl::StatusOr<std::string> LanguageChoice::TokenFor(
    absl::string_view prefix_token) const {
  if (prefix_token.empty()) {
    if (default_token_) return *default_token_;
    return absl::InvalidArgumentError(absl::StrCat(
        "target_language is not given, and the model translates into several: ",
        Listed(TargetsFrom(*languages_, source_))));
  }
  const std::optional<std::string> language =
      LanguageOf(*languages_, prefix_token);
  if (language) {
    if (!target_.empty() && *language != target_) {
      return absl::InvalidArgumentError(
          absl::StrCat("the text starts with ", Quoted(prefix_token),
                       ", but target_language is ", Quoted(target_)));
    }
    PARLEY_RETURN_IF_ERROR(CheckListed(*language));
  }
  return std::string(prefix_token);
}

}  // namespace parley
