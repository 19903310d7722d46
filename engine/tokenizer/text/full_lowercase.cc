#include "engine/tokenizer/text/full_lowercase.h"

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/normalizers.h"
#include "unicode/uchar.h"

namespace parley {
namespace {

constexpr absl::string_view kCapitalSigma = "\u03A3";
constexpr absl::string_view kFinalSigma = "\u03C2";

bool IsIgnorable(char32_t c) {
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_CASE_IGNORABLE);
}

bool IsCased(char32_t c) {
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_CASED);
}

// Whether the sigma at `at` has a cased letter before it and none behind it,
// over what has no say in that (The Unicode Standard, table 3-17).
bool IsFinal(absl::string_view text, size_t at) {
  bool follows = false;
  for (size_t i = at; i > 0;) {
    const CodePoint point = CodePointBefore(text, i);
    i -= point.num_bytes;
    if (IsIgnorable(point.value)) continue;
    follows = IsCased(point.value);
    break;
  }
  if (!follows) return false;
  for (size_t i = at + kCapitalSigma.size(); i < text.size();) {
    const CodePoint point = CodePointAt(text, i);
    i += point.num_bytes;
    if (!IsIgnorable(point.value)) return !IsCased(point.value);
  }
  return true;
}

class FullLowercase : public Normalizer {
 public:
  void Apply(AlignedText* text) const override {
    const absl::string_view before = text->text;
    std::vector<size_t> finals;
    for (size_t at = before.find(kCapitalSigma); at != before.npos;
         at = before.find(kCapitalSigma, at + kCapitalSigma.size())) {
      if (IsFinal(before, at)) finals.push_back(at);
    }
    for (size_t at : finals) {  // It is as long, and its own lower case.
      text->text.replace(at, kFinalSigma.size(), kFinalSigma.data(),
                         kFinalSigma.size());
    }
    lowercase_->Apply(text);
  }

 private:
  const std::unique_ptr<const Normalizer> lowercase_ = CreateLowercase();
};

}  // namespace

std::unique_ptr<const Normalizer> CreateFullLowercase() {
  return std::make_unique<FullLowercase>();
}

}  // namespace parley
