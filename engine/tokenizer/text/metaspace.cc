#include "engine/tokenizer/text/metaspace.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "base/log.h"

namespace parley {
namespace {

class MetaspacePreTokenizer : public PreTokenizer {
 public:
  explicit MetaspacePreTokenizer(const MetaspaceOptions& options)
      : options_(options) {
    PARLEY_CHECK(!options_.replacement.empty());
  }

  void Apply(std::vector<AlignedText>* words) const override {
    std::vector<AlignedText> parts;
    for (const AlignedText& word : *words) {
      if (word.text.empty()) continue;
      AlignedText marked = Mark(word);
      if (options_.split) {
        Split(marked, &parts);
      } else {
        parts.push_back(std::move(marked));
      }
    }
    *words = std::move(parts);
  }

 private:
  AlignedText Mark(const AlignedText& word) const {
    AlignedText marked;
    if (Prepends(word)) {
      marked.Append(options_.replacement, word.origin.front());
    }
    for (size_t begin = 0; begin < word.text.size(); ++begin) {
      const size_t space =
          std::min(word.text.find(' ', begin), word.text.size());
      marked.text.append(word.text, begin, space - begin);
      marked.origin.insert(marked.origin.end(), word.origin.begin() + begin,
                           word.origin.begin() + space);
      if (space == word.text.size()) break;
      marked.Append(options_.replacement, word.origin[space]);
      begin = space;
    }
    return marked;
  }

  bool Prepends(const AlignedText& word) const {
    if (word.text.front() == ' ' ||
        absl::StartsWith(word.text, options_.replacement)) {
      return false;
    }
    switch (options_.prepend_scheme) {
      case PrependScheme::kFirst:
        return word.origin.front().begin == 0;
      case PrependScheme::kNever:
        return false;
      case PrependScheme::kAlways:
        return true;
    }
    return false;
  }

  void Split(const AlignedText& marked, std::vector<AlignedText>* parts) const {
    const std::string& mark = options_.replacement;
    for (size_t begin = 0; begin < marked.text.size();) {
      const size_t skipped =
          marked.text.compare(begin, mark.size(), mark) == 0 ? mark.size() : 0;
      const size_t next = marked.text.find(mark, begin + skipped);
      const size_t end = next == std::string::npos ? marked.text.size() : next;
      parts->push_back(marked.Part(begin, end));
      begin = end;
    }
  }

  const MetaspaceOptions options_;
};

class MetaspaceDecoder : public Decoder {
 public:
  explicit MetaspaceDecoder(const MetaspaceOptions& options)
      : options_(options) {
    PARLEY_CHECK(!options_.replacement.empty());
  }

  void Apply(std::vector<std::string>* tokens) const override {
    const bool drops_first = options_.prepend_scheme != PrependScheme::kNever;
    for (size_t i = 0; i < tokens->size(); ++i) {
      const absl::string_view space = i == 0 && drops_first ? "" : " ";
      absl::StrReplaceAll({{options_.replacement, space}}, &(*tokens)[i]);
    }
  }

 private:
  const MetaspaceOptions options_;
};

}  // namespace

std::unique_ptr<PreTokenizer> CreateMetaspacePreTokenizer(
    const MetaspaceOptions& options) {
  return std::make_unique<MetaspacePreTokenizer>(options);
}

std::unique_ptr<Decoder> CreateMetaspaceDecoder(
    const MetaspaceOptions& options) {
  return std::make_unique<MetaspaceDecoder>(options);
}

}  // namespace parley
