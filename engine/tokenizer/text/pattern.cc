#include "engine/tokenizer/text/pattern.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "unicode/uregex.h"
#include "unicode/ustring.h"
#include "unicode/utext.h"

namespace parley {
namespace {

// Collects the stretches of one text from its matches.
class Stretches {
 public:
  explicit Stretches(size_t text_bytes) : text_bytes_(text_bytes) {}

  void AddMatch(size_t begin, size_t end) {
    if (begin > at_) stretches_.push_back({at_, begin, false});
    stretches_.push_back({begin, end, true});
    at_ = end;
  }

  std::vector<Stretch> Take() && {
    if (at_ < text_bytes_) stretches_.push_back({at_, text_bytes_, false});
    return std::move(stretches_);
  }

 private:
  const size_t text_bytes_;
  size_t at_ = 0;
  std::vector<Stretch> stretches_;
};

class LiteralPattern : public Pattern {
 public:
  explicit LiteralPattern(std::string wanted) : wanted_(std::move(wanted)) {}

  std::vector<Stretch> Find(absl::string_view text) const override {
    Stretches stretches(text.size());
    for (size_t at = text.find(wanted_); at != absl::string_view::npos;
         at = text.find(wanted_, at + wanted_.size())) {
      stretches.AddMatch(at, at + wanted_.size());
    }
    return std::move(stretches).Take();
  }

 private:
  const std::string wanted_;
};

struct CloseRegex {
  void operator()(URegularExpression* regex) const { uregex_close(regex); }
};
using RegexPtr = std::unique_ptr<URegularExpression, CloseRegex>;

struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};
using TextPtr = std::unique_ptr<UText, CloseText>;

TextPtr OpenText(absl::string_view text, UErrorCode* error) {
  return TextPtr(utext_openUTF8(nullptr, text.data(),
                                static_cast<int64_t>(text.size()), error));
}

// Matches run on a copy of the compiled expression, since one runs on one text
// at a time; copies share what was compiled.
class RegexPattern : public Pattern {
 public:
  explicit RegexPattern(RegexPtr regex) : regex_(std::move(regex)) {}

  std::vector<Stretch> Find(absl::string_view text) const override {
    Stretches stretches(text.size());
    UErrorCode error = U_ZERO_ERROR;
    const RegexPtr regex(uregex_clone(regex_.get(), &error));
    const TextPtr input = OpenText(text, &error);
    uregex_setUText(regex.get(), input.get(), &error);
    uregex_setTimeLimit(regex.get(), kMaxSteps, &error);
    uregex_setStackLimit(regex.get(), kMaxStackBytes, &error);
    while (U_SUCCESS(error) && uregex_findNext(regex.get(), &error)) {
      const int64_t begin = uregex_start64(regex.get(), 0, &error);
      const int64_t end = uregex_end64(regex.get(), 0, &error);
      if (U_FAILURE(error)) break;
      stretches.AddMatch(static_cast<size_t>(begin), static_cast<size_t>(end));
    }
    return std::move(stretches).Take();
  }

 private:
  // In ICU's units, of a few thousand turns of its engine each; for one match.
  static constexpr int32_t kMaxSteps = 2000;
  static constexpr int32_t kMaxStackBytes = 16 << 20;

  const RegexPtr regex_;
};

// Says in ICU's words what Ruby's \s and \S mean: the property White_Space.
std::string WithWhitespaceProperty(absl::string_view regex) {
  std::string result;
  for (size_t i = 0; i < regex.size(); ++i) {
    if (regex[i] != '\\' || i + 1 == regex.size()) {
      result.push_back(regex[i]);
      continue;
    }
    ++i;
    if (regex[i] == 's') {
      result.append("\\p{White_Space}");
    } else if (regex[i] == 'S') {
      result.append("\\P{White_Space}");
    } else {
      result.append({'\\', regex[i]});
    }
  }
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Pattern>> CreateLiteralPattern(
    std::string text) {
  if (text.empty()) {
    return absl::InvalidArgumentError("the text to look for is empty");
  }
  return std::make_unique<LiteralPattern>(std::move(text));
}

absl::StatusOr<std::unique_ptr<const Pattern>> CreateRegexPattern(
    absl::string_view regex) {
  const std::string rewritten = WithWhitespaceProperty(regex);
  UErrorCode error = U_ZERO_ERROR;
  UParseError position = {};
  const TextPtr text = OpenText(rewritten, &error);
  // In Ruby's syntax ^ and $ are those of lines, and only \n ends one.
  RegexPtr compiled(uregex_openUText(
      text.get(), UREGEX_MULTILINE | UREGEX_UNIX_LINES, &position, &error));
  if (U_FAILURE(error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the regular expression \"", absl::Utf8SafeCEscape(regex),
                     "\" is refused by ICU: ", u_errorName(error)));
  }
  return std::make_unique<RegexPattern>(std::move(compiled));
}

}  // namespace parley
