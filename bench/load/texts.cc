#include "bench/load/texts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace parley::load {
namespace {

std::vector<absl::string_view> WordsOf(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

// Every line stands for a sentence, so that a paragraph splits into as many.
void AppendSentence(absl::string_view line, std::string* text) {
  if (!text->empty()) text->push_back(' ');
  absl::StrAppend(text, line);
  if (!absl::ascii_ispunct(static_cast<unsigned char>(text->back()))) {
    text->push_back('.');
  }
}

}  // namespace

absl::string_view TextKindName(TextKind kind) {
  switch (kind) {
    case TextKind::kShort:
      return "short";
    case TextKind::kLine:
      return "line";
    case TextKind::kParagraph:
      return "paragraph";
    case TextKind::kWords:
      return "words";
  }
  return "";
}

TextSource::TextSource(std::vector<std::string> lines,
                       const TextOptions& options)
    : options_(options), lines_(std::move(lines)), generator_(options.seed) {
  next_line_ = lines_.size();  // The first pass is shuffled, too.
  for (const std::string& line : lines_) {
    for (const absl::string_view word : WordsOf(line)) {
      words_.emplace_back(word);
    }
  }
}

DrawnText TextSource::Draw() {
  if (options_.max_words > 0) return DrawWords();
  if (std::bernoulli_distribution(options_.paragraph_share)(generator_)) {
    return DrawParagraph();
  }
  DrawnText drawn = {.text = NextLine()};
  const size_t max_short = static_cast<size_t>(options_.max_short_words);
  if (WordsOf(drawn.text).size() <= max_short) drawn.kind = TextKind::kShort;
  return drawn;
}

const std::string& TextSource::NextLine() {
  if (next_line_ == lines_.size()) {
    std::shuffle(lines_.begin(), lines_.end(), generator_);
    next_line_ = 0;
  }
  return lines_[next_line_++];
}

DrawnText TextSource::DrawParagraph() {
  DrawnText drawn = {.kind = TextKind::kParagraph};
  const int num_lines = DrawCount(options_.min_lines, options_.max_lines);
  for (int i = 0; i < num_lines; ++i) AppendSentence(NextLine(), &drawn.text);
  return drawn;
}

DrawnText TextSource::DrawWords() {
  std::vector<absl::string_view> words(
      DrawCount(options_.min_words, options_.max_words));
  std::uniform_int_distribution<size_t> index(0, words_.size() - 1);
  for (absl::string_view& word : words) word = words_[index(generator_)];
  return {.text = absl::StrJoin(words, " "), .kind = TextKind::kWords};
}

int TextSource::DrawCount(int min, int max) {
  return std::uniform_int_distribution<int>(std::max(min, 1),
                                            std::max(min, max))(generator_);
}

}  // namespace parley::load
