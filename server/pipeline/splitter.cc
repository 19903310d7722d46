#include "server/pipeline/splitter.h"

#include <unicode/brkiter.h>
#include <unicode/filteredbrk.h>
#include <unicode/locid.h>
#include <unicode/utext.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "server/pipeline/characters.h"

namespace parley {
namespace {

// What ends a paragraph: the separators of Unicode's sentence rules.
bool IsLineBreak(char32_t character) {
  return character == '\n' || character == '\r' || character == 0x85 ||
         character == 0x2028 || character == 0x2029;
}

void AddTrimmed(absl::string_view text, ByteRange range,
                std::vector<ByteRange>* pieces) {
  range = TrimWhiteSpace(text, range);
  if (range.begin < range.end) pieces->push_back(range);
}

std::vector<ByteRange> SplitParagraphs(absl::string_view text) {
  std::vector<ByteRange> pieces;
  size_t begin = 0;
  for (size_t position = 0; position < text.size();) {
    const size_t end = position;
    if (!IsLineBreak(NextCharacter(text, &position))) continue;
    AddTrimmed(text, {begin, end}, &pieces);
    begin = position;
  }
  AddTrimmed(text, {begin, text.size()}, &pieces);
  return pieces;
}

// A language as ICU names it, or its root. Codes come from outside, and ICU
// takes nearly anything for a name.
icu::Locale LocaleOf(absl::string_view language) {
  constexpr size_t kMaxBytes = 24;
  const bool is_plain =
      language.size() <= kMaxBytes &&
      std::all_of(language.begin(), language.end(), [](char c) {
        return absl::ascii_isalnum(c) || c == '_' || c == '-';
      });
  if (!is_plain) return icu::Locale::getRoot();
  icu::Locale locale(std::string(language).c_str());
  return locale.isBogus() ? icu::Locale::getRoot() : locale;
}

// Unicode's sentence rules, except after the abbreviations that CLDR lists for
// the language, and titles that it lists for some and misses for others. Null
// where ICU lacks its data.
std::unique_ptr<icu::BreakIterator> MakeSentenceIterator(
    absl::string_view language) {
  const icu::Locale locale = LocaleOf(language);
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<icu::BreakIterator> plain(
      icu::BreakIterator::createSentenceInstance(locale, error));
  if (U_FAILURE(error)) return nullptr;
  UErrorCode filter_error = U_ZERO_ERROR;
  std::unique_ptr<icu::FilteredBreakIteratorBuilder> builder(
      icu::FilteredBreakIteratorBuilder::createInstance(locale, filter_error));
  if (U_FAILURE(filter_error)) {  // CLDR lists none for that language.
    filter_error = U_ZERO_ERROR;
    builder.reset(
        icu::FilteredBreakIteratorBuilder::createEmptyInstance(filter_error));
  }
  if (U_FAILURE(filter_error)) return plain;
  for (const char* title : {"Dr.", "Mr.", "Mrs.", "Ms.", "Prof."}) {
    builder->suppressBreakAfter(icu::UnicodeString::fromUTF8(title),
                                filter_error);
  }
  if (U_FAILURE(filter_error)) return plain;
  std::unique_ptr<icu::BreakIterator> filtered(
      builder->wrapIteratorWithFilter(plain.release(), filter_error));
  return U_FAILURE(filter_error) ? nullptr : std::move(filtered);
}

// Making an iterator takes a good part of a millisecond, and it serves one
// thread at a time: each thread keeps those of the languages it met last.
icu::BreakIterator* ThreadSentenceIterator(absl::string_view language) {
  constexpr size_t kMaxKept = 16;
  thread_local std::map<std::string, std::unique_ptr<icu::BreakIterator>> kept;
  const std::string key(language.substr(0, 32));
  const auto it = kept.find(key);
  if (it != kept.end()) return it->second.get();
  if (kept.size() >= kMaxKept) kept.clear();
  return kept.emplace(key, MakeSentenceIterator(language)).first->second.get();
}

// Unicode's rules break after any "?" and "!", which would tear addresses
// ("x.com/?q=1") apart: after ASCII a sentence ends only at white space.
bool EndsSentence(absl::string_view text, size_t position) {
  if (position == text.size()) return true;
  const char32_t before = PreviousCharacter(text, &position);
  return before >= 0x80 || IsWhiteSpace(before);
}

std::vector<ByteRange> SplitSentences(absl::string_view text,
                                      absl::string_view language) {
  icu::BreakIterator* sentences = ThreadSentenceIterator(language);
  if (sentences == nullptr ||
      text.size() > size_t{std::numeric_limits<int32_t>::max()}) {
    return SplitParagraphs(text);
  }
  UErrorCode error = U_ZERO_ERROR;
  UText utext = UTEXT_INITIALIZER;
  utext_openUTF8(&utext, text.data(), static_cast<int64_t>(text.size()),
                 &error);
  sentences->setText(&utext, error);
  utext_close(&utext);  // The iterator has its own view of the text.
  if (U_FAILURE(error)) return SplitParagraphs(text);
  std::vector<ByteRange> pieces;
  size_t begin = 0;
  sentences->first();
  for (int32_t end = sentences->next(); end != icu::BreakIterator::DONE;
       end = sentences->next()) {
    const size_t position = static_cast<size_t>(end);
    if (!EndsSentence(text, position)) continue;
    AddTrimmed(text, {begin, position}, &pieces);
    begin = position;
  }
  AddTrimmed(text, {begin, text.size()}, &pieces);
  return pieces;
}

}  // namespace

bool IsBlank(absl::string_view text) {
  const ByteRange trimmed = TrimWhiteSpace(text, {0, text.size()});
  return trimmed.begin == trimmed.end;
}

ByteRange TrimWhiteSpace(absl::string_view text, ByteRange range) {
  const absl::string_view part = text.substr(0, range.end);
  while (range.begin < range.end) {
    size_t next = range.begin;
    if (!IsWhiteSpace(NextCharacter(part, &next))) break;
    range.begin = next;
  }
  while (range.begin < range.end) {
    size_t previous = range.end;
    if (!IsWhiteSpace(PreviousCharacter(text, &previous))) break;
    range.end = previous;
  }
  return range;
}

std::vector<ByteRange> SplitText(absl::string_view text,
                                 const SplitRules& rules) {
  switch (rules.mode) {
    case SplitMode::kSentences:
      return SplitSentences(text, rules.language);
    case SplitMode::kParagraphs:
      return SplitParagraphs(text);
    case SplitMode::kNone:
      break;
  }
  return {{0, text.size()}};
}

std::vector<std::string> SpacingAround(absl::string_view text,
                                       absl::Span<const ByteRange> pieces) {
  std::vector<std::string> spacing;
  size_t begin = 0;
  for (const ByteRange& piece : pieces) {
    spacing.emplace_back(text.substr(begin, piece.begin - begin));
    begin = piece.end;
  }
  spacing.emplace_back(text.substr(begin));
  return spacing;
}

}  // namespace parley
