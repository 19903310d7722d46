// What Replace and Split look for.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_PATTERN_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_PATTERN_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/tokenizer/text/split_behavior.h"

namespace parley {

// Immutable: any thread may call everything at any time.
class Pattern {
 public:
  virtual ~Pattern() = default;
  // Cuts `text` (valid UTF-8) into matches and what lies between them.
  virtual std::vector<Stretch> Find(absl::string_view text) const = 0;
};

// Finds a text as it is. INVALID_ARGUMENT where it is empty.
absl::StatusOr<std::unique_ptr<const Pattern>> CreateLiteralPattern(
    std::string text);

// A regular expression in the syntax of Ruby, as far as ICU's agrees with it.
// INVALID_ARGUMENT where ICU does not take it. What takes too long or too much
// memory on some text (a bound that sensible ones do not come near) ends the
// matches in that text.
absl::StatusOr<std::unique_ptr<const Pattern>> CreateRegexPattern(
    absl::string_view regex);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_PATTERN_H_
