#include "engine/tokenizer/text/normalizers.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/edit_in_place.h"
#include "engine/tokenizer/text/unicode_properties.h"

namespace parley {
namespace {

class Lowercase : public Normalizer {
 public:
  void Apply(AlignedText* text) const override {
    if (IsAsciiText(text->text)) {
      for (char& c : text->text) {
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
      }
      return;
    }
    AlignedText lower;
    lower.text.reserve(text->text.size());
    lower.origin.reserve(text->text.size());
    ForEachCodePoint(text->text, [text, &lower](CodePoint point, size_t at) {
      const LowerCase letters = ToLowerCase(point.value);
      AppendUtf8(letters.first, &lower.text);
      if (letters.second != 0) AppendUtf8(letters.second, &lower.text);
      lower.origin.resize(lower.text.size(), text->origin[at]);
    });
    *text = std::move(lower);
  }
};

class StripAccents : public Normalizer {
 public:
  void Apply(AlignedText* text) const override {
    KeepCharacters(text, [](char32_t c) { return !IsMark(c); });
  }
};

class Strip : public Normalizer {
 public:
  explicit Strip(const StripOptions& options) : options_(options) {}

  void Apply(AlignedText* text) const override {
    const std::string& bytes = text->text;
    size_t begin = 0;
    size_t end = bytes.size();
    while (options_.left && begin < end) {
      const CodePoint point = CodePointAt(bytes, begin);
      if (!IsWhitespace(point.value)) break;
      begin += point.num_bytes;
    }
    while (options_.right && begin < end) {
      const CodePoint point = CodePointBefore(bytes, end);
      if (!IsWhitespace(point.value)) break;
      end -= point.num_bytes;
    }
    if (end - begin < bytes.size()) *text = text->Part(begin, end);
  }

 private:
  const StripOptions options_;
};

class Prepend : public Normalizer {
 public:
  explicit Prepend(std::string text) : text_(std::move(text)) {}

  // What is prepended is tied to the first character, as if it were a part of
  // that.
  void Apply(AlignedText* text) const override {
    if (text->text.empty()) return;
    text->origin.insert(text->origin.begin(), text_.size(), text->origin[0]);
    text->text.insert(0, text_);
  }

 private:
  const std::string text_;
};

class Nmt : public Normalizer {
 public:
  void Apply(AlignedText* text) const override { EditInPlace(text, Edit); }

 private:
  static char32_t Edit(char32_t c) {
    if ((c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) ||
        c == 0x7F || c == 0x8F || c == 0x9F) {
      return kNoCharacter;
    }
    const bool is_space = c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D ||
                          c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
                          c == 0x2028 || c == 0x2029 || c == 0x2581 ||
                          c == 0xFEFF || c == 0xFFFD;
    return is_space ? U' ' : c;
  }
};

class Sequence : public Normalizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<const Normalizer>> steps)
      : steps_(std::move(steps)) {}

  void Apply(AlignedText* text) const override {
    for (const auto& step : steps_) step->Apply(text);
  }

 private:
  const std::vector<std::unique_ptr<const Normalizer>> steps_;
};

}  // namespace

std::unique_ptr<const Normalizer> CreateLowercase() {
  return std::make_unique<Lowercase>();
}

std::unique_ptr<const Normalizer> CreateStripAccents() {
  return std::make_unique<StripAccents>();
}

std::unique_ptr<const Normalizer> CreateStrip(const StripOptions& options) {
  return std::make_unique<Strip>(options);
}

std::unique_ptr<const Normalizer> CreatePrepend(std::string text) {
  return std::make_unique<Prepend>(std::move(text));
}

std::unique_ptr<const Normalizer> CreateNmt() {
  return std::make_unique<Nmt>();
}

std::unique_ptr<const Normalizer> CreateNormalizerSequence(
    std::vector<std::unique_ptr<const Normalizer>> steps) {
  return std::make_unique<Sequence>(std::move(steps));
}

}  // namespace parley
