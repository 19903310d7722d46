// Which languages a call means, and the language token its texts get.
#ifndef PARLEY_SERVER_PIPELINE_LANGUAGES_H_
#define PARLEY_SERVER_PIPELINE_LANGUAGES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/api/model.h"
#include "engine/api/tokenizer.h"

namespace parley {

// The languages of one call, checked against what its model lists. Where the
// model lists nothing, anything goes. Immutable; `languages` must outlive it.
class LanguageChoice {
 public:
  // Empty codes are unset. INVALID_ARGUMENT, with the model's list, where it
  // does not list what is asked for.
  static absl::StatusOr<LanguageChoice> Create(const ModelLanguages& languages,
                                               absl::string_view source,
                                               absl::string_view target);

  // The language token of a text that brings `prefix_token` (empty: none) of
  // its own. INVALID_ARGUMENT where that contradicts the call's target or is
  // not listed, or where neither says where to and the model has a choice.
  absl::StatusOr<std::string> TokenFor(absl::string_view prefix_token) const;

  // The token of texts without their own; empty where none is needed, nothing
  // where it is for each text to say.
  const std::optional<std::string>& default_token() const {
    return default_token_;
  }

  // As given, or the only one there can be; empty where unknown.
  const std::string& source() const { return source_; }

 private:
  explicit LanguageChoice(const ModelLanguages* languages)
      : languages_(languages) {}

  absl::Status CheckListed(absl::string_view target) const;

  const ModelLanguages* languages_;
  std::string source_;
  std::string target_;  // Empty where unset.
  std::optional<std::string> default_token_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_LANGUAGES_H_
