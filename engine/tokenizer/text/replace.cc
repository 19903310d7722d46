#include "engine/tokenizer/text/replace.h"

#include <utility>
#include <vector>

namespace parley {
namespace {

class Replace : public Normalizer {
 public:
  Replace(std::unique_ptr<const Pattern> pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}

  // What replaces a match is tied to the match's last character.
  void Apply(AlignedText* text) const override {
    const std::vector<Stretch> stretches = pattern_->Find(text->text);
    AlignedText result;
    for (const Stretch& stretch : stretches) {
      if (stretch.is_match) {
        result.Append(content_, OriginBefore(*text, stretch.end));
        continue;
      }
      result.text.append(text->text, stretch.begin,
                         stretch.end - stretch.begin);
      result.origin.insert(result.origin.end(),
                           text->origin.begin() + stretch.begin,
                           text->origin.begin() + stretch.end);
    }
    *text = std::move(result);
  }

 private:
  static ByteRange OriginBefore(const AlignedText& text, size_t at) {
    if (at > 0) return text.origin[at - 1];
    const size_t begin = text.origin.empty() ? 0 : text.origin[0].begin;
    return {begin, begin};
  }

  const std::unique_ptr<const Pattern> pattern_;
  const std::string content_;
};

class ReplaceDecoder : public Decoder {
 public:
  ReplaceDecoder(std::unique_ptr<const Pattern> pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}

  void Apply(std::vector<std::string>* tokens) const override {
    for (std::string& token : *tokens) {
      std::string replaced;
      for (const Stretch& stretch : pattern_->Find(token)) {
        if (stretch.is_match) {
          replaced.append(content_);
        } else {
          replaced.append(token, stretch.begin, stretch.end - stretch.begin);
        }
      }
      token = std::move(replaced);
    }
  }

 private:
  const std::unique_ptr<const Pattern> pattern_;
  const std::string content_;
};

}  // namespace

std::unique_ptr<const Normalizer> CreateReplace(
    std::unique_ptr<const Pattern> pattern, std::string content) {
  return std::make_unique<Replace>(std::move(pattern), std::move(content));
}

std::unique_ptr<const Decoder> CreateReplaceDecoder(
    std::unique_ptr<const Pattern> pattern, std::string content) {
  return std::make_unique<ReplaceDecoder>(std::move(pattern),
                                          std::move(content));
}

}  // namespace parley
