#include "engine/tokenizer/text/bert_normalizer.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/edit_in_place.h"
#include "engine/tokenizer/text/normal_form.h"
#include "engine/tokenizer/text/normalizers.h"
#include "engine/tokenizer/text/unicode_properties.h"

namespace parley {
namespace {

char32_t Clean(char32_t c) {
  if (c > ' ' && c < 0x7F) return c;
  if (c == '\t' || c == '\n' || c == '\r') return ' ';
  constexpr char32_t kReplacementCharacter = 0xFFFD;
  if (c == kReplacementCharacter || IsOtherCategory(c)) return kNoCharacter;
  return IsWhitespace(c) ? U' ' : c;
}

void SetChineseApart(AlignedText* text) {
  bool found = false;
  ForEachCodePoint(text->text, [&found](CodePoint point, size_t) {
    found = found || IsChineseCharacter(point.value);
  });
  if (!found) return;
  AlignedText apart;
  apart.text.reserve(text->text.size() * 2);
  apart.origin.reserve(text->text.size() * 2);
  ForEachCodePoint(text->text, [text, &apart](CodePoint point, size_t at) {
    const absl::string_view bytes(text->text.data() + at, point.num_bytes);
    const bool is_chinese = IsChineseCharacter(point.value);
    if (is_chinese) apart.Append(" ", text->origin[at]);
    apart.Append(bytes, text->origin[at]);
    if (is_chinese) apart.Append(" ", text->origin[at]);
  });
  *text = std::move(apart);
}

class BertNormalizer : public Normalizer {
 public:
  explicit BertNormalizer(const BertNormalizerOptions& options)
      : options_(options),
        strips_accents_(options.strip_accents.value_or(options.lowercase)),
        decompose_(CreateNormalForm(NormalForm::kNfd)),
        lowercase_(CreateLowercase()) {}

  void Apply(AlignedText* text) const override {
    if (options_.clean_text) EditInPlace(text, Clean);
    if (!IsAsciiText(text->text)) {
      if (options_.handle_chinese_chars) SetChineseApart(text);
      if (strips_accents_) {
        decompose_->Apply(text);
        KeepCharacters(text, [](char32_t c) { return !IsNonspacingMark(c); });
      }
    }
    if (options_.lowercase) lowercase_->Apply(text);
  }

 private:
  const BertNormalizerOptions options_;
  const bool strips_accents_;
  const std::unique_ptr<const Normalizer> decompose_;
  const std::unique_ptr<const Normalizer> lowercase_;
};

}  // namespace

std::unique_ptr<const Normalizer> CreateBertNormalizer(
    const BertNormalizerOptions& options) {
  return std::make_unique<BertNormalizer>(options);
}

}  // namespace parley
