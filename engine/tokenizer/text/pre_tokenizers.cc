#include "engine/tokenizer/text/pre_tokenizers.h"

#include <cstddef>
#include <utility>

#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/unicode_properties.h"

namespace parley {
namespace {

// A pre-tokenizer that takes each word by itself.
class WordCutter : public PreTokenizer {
 public:
  void Apply(std::vector<AlignedText>* words) const final {
    std::vector<AlignedText> parts;
    for (const AlignedText& word : *words) Cut(word, &parts);
    *words = std::move(parts);
  }

 private:
  virtual void Cut(const AlignedText& word,
                   std::vector<AlignedText>* parts) const = 0;
};

class BertPreTokenizer : public WordCutter {
 private:
  void Cut(const AlignedText& word,
           std::vector<AlignedText>* parts) const override {
    size_t begin = 0;
    const auto end_word = [&](size_t end) {
      if (begin < end) parts->push_back(word.Part(begin, end));
    };
    ForEachCodePoint(word.text, [&](CodePoint point, size_t at) {
      const bool is_punctuation = IsPunctuation(point.value);
      if (!is_punctuation && !IsWhitespace(point.value)) return;
      end_word(at);
      begin = at;
      if (is_punctuation) end_word(at + point.num_bytes);
      begin = at + point.num_bytes;
    });
    end_word(word.text.size());
  }
};

class Whitespace : public WordCutter {
 private:
  enum class Kind { kSpace, kWord, kOther };

  static Kind KindOf(char32_t c) {
    if (IsWordCharacter(c)) return Kind::kWord;
    return IsWhitespace(c) ? Kind::kSpace : Kind::kOther;
  }

  void Cut(const AlignedText& word,
           std::vector<AlignedText>* parts) const override {
    size_t begin = 0;
    Kind kind = Kind::kSpace;  // Of what begins there.
    const auto end_word = [&](size_t end) {
      if (kind != Kind::kSpace) parts->push_back(word.Part(begin, end));
    };
    ForEachCodePoint(word.text, [&](CodePoint point, size_t at) {
      const Kind next = KindOf(point.value);
      if (next == kind) return;
      end_word(at);
      begin = at;
      kind = next;
    });
    end_word(word.text.size());
  }
};

// Cuts at single characters: those that `is_delimiter` is true for.
template <typename IsDelimiter>
class CharacterSplit : public WordCutter {
 public:
  CharacterSplit(IsDelimiter is_delimiter, SplitBehavior behavior)
      : is_delimiter_(is_delimiter), behavior_(behavior) {}

 private:
  void Cut(const AlignedText& word,
           std::vector<AlignedText>* parts) const override {
    std::vector<Stretch> stretches;
    ForEachCodePoint(word.text, [&](CodePoint point, size_t at) {
      const size_t end = at + point.num_bytes;
      const bool is_match = is_delimiter_(point.value);
      if (!is_match && !stretches.empty() && !stretches.back().is_match) {
        stretches.back().end = end;
        return;
      }
      stretches.push_back({at, end, is_match});
    });
    SplitWord(word, stretches, behavior_, parts);
  }

  const IsDelimiter is_delimiter_;
  const SplitBehavior behavior_;
};

template <typename IsDelimiter>
std::unique_ptr<const PreTokenizer> CreateCharacterSplit(
    IsDelimiter is_delimiter, SplitBehavior behavior) {
  return std::make_unique<CharacterSplit<IsDelimiter>>(is_delimiter, behavior);
}

class Split : public WordCutter {
 public:
  Split(std::unique_ptr<const Pattern> pattern, const SplitOptions& options)
      : pattern_(std::move(pattern)), options_(options) {}

 private:
  void Cut(const AlignedText& word,
           std::vector<AlignedText>* parts) const override {
    std::vector<Stretch> stretches = pattern_->Find(word.text);
    for (Stretch& stretch : stretches) stretch.is_match ^= options_.invert;
    SplitWord(word, stretches, options_.behavior, parts);
  }

  const std::unique_ptr<const Pattern> pattern_;
  const SplitOptions options_;
};

class Sequence : public PreTokenizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<const PreTokenizer>> steps)
      : steps_(std::move(steps)) {}

  void Apply(std::vector<AlignedText>* words) const override {
    for (const auto& step : steps_) step->Apply(words);
  }

 private:
  const std::vector<std::unique_ptr<const PreTokenizer>> steps_;
};

}  // namespace

std::unique_ptr<const PreTokenizer> CreateBertPreTokenizer() {
  return std::make_unique<BertPreTokenizer>();
}

std::unique_ptr<const PreTokenizer> CreateWhitespace() {
  return std::make_unique<Whitespace>();
}

std::unique_ptr<const PreTokenizer> CreateWhitespaceSplit() {
  return CreateCharacterSplit(IsWhitespace, SplitBehavior::kRemoved);
}

std::unique_ptr<const PreTokenizer> CreatePunctuation(SplitBehavior behavior) {
  return CreateCharacterSplit(IsPunctuation, behavior);
}

std::unique_ptr<const PreTokenizer> CreateDigits(bool individual) {
  return CreateCharacterSplit(IsNumeric, individual
                                             ? SplitBehavior::kIsolated
                                             : SplitBehavior::kContiguous);
}

std::unique_ptr<const PreTokenizer> CreateDelimiterSplit(char32_t delimiter) {
  return CreateCharacterSplit(
      [delimiter](char32_t c) { return c == delimiter; },
      SplitBehavior::kRemoved);
}

std::unique_ptr<const PreTokenizer> CreateSplit(
    std::unique_ptr<const Pattern> pattern, const SplitOptions& options) {
  return std::make_unique<Split>(std::move(pattern), options);
}

std::unique_ptr<const PreTokenizer> CreatePreTokenizerSequence(
    std::vector<std::unique_ptr<const PreTokenizer>> steps) {
  return std::make_unique<Sequence>(std::move(steps));
}

}  // namespace parley
