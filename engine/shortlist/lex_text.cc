#include "engine/shortlist/lex_text.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/shortlist/likeliest.h"

namespace parley {
namespace {

constexpr absl::string_view kSpaces = " \t\r\v\f";
constexpr absl::string_view kNull = "NULL";
constexpr absl::string_view kGzipMagic = "\x1f\x8b";

// The words of a line, of which the last one is empty unless there are too
// many.
std::array<absl::string_view, 4> Words(absl::string_view line) {
  std::array<absl::string_view, 4> words;
  for (absl::string_view& word : words) {
    line.remove_prefix(std::min(line.find_first_not_of(kSpaces), line.size()));
    word = line.substr(0, line.find_first_of(kSpaces));
    line.remove_prefix(word.size());
  }
  return words;
}

class Reader {
 public:
  Reader(int best, const LexVocabularies& vocabularies)
      : vocabularies_(vocabularies),
        rows_(vocabularies.source.size(), LikeliestTargets(best)) {}

  // An error says what is wrong with the line.
  absl::Status ReadLine(absl::string_view line, int64_t number);

  LexText Finish() &&;

 private:
  const LexVocabularies vocabularies_;
  LexText result_;
  std::vector<LikeliestTargets> rows_;  // By source token.
};

absl::Status Reader::ReadLine(absl::string_view line, int64_t number) {
  if (line.size() > kMaxLexLineBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("it is longer than ", kMaxLexLineBytes, " bytes"));
  }
  const auto [target_word, source_word, number_word, surplus] = Words(line);
  if (target_word.empty()) return absl::OkStatus();
  float probability = 0;
  if (number_word.empty() || !surplus.empty() ||
      !absl::SimpleAtof(number_word, &probability) ||
      !(probability >= 0 && probability <= 1)) {
    return absl::InvalidArgumentError(
        "expected \"target source probability\", the last one from 0 to 1");
  }
  if (source_word == kNull || target_word == kNull) return absl::OkStatus();
  ++result_.num_lines;
  const std::optional<TokenId> source = vocabularies_.source.Find(source_word);
  const std::optional<TokenId> target = vocabularies_.target.Find(target_word);
  if (!source.has_value() || !target.has_value()) {
    if (result_.num_unknown++ == 0) result_.first_unknown = number;
  } else if (probability > 0) {
    rows_[*source].Add({.target = *target, .probability = probability});
  }
  return absl::OkStatus();
}

LexText Reader::Finish() && {
  for (LikeliestTargets& row : rows_) {
    result_.table.AppendRow(std::move(row).Take());
  }
  std::vector<TokenId>& frequent = result_.table.frequent;
  for (TokenId id = 0; id < vocabularies_.target.size(); ++id) {
    if (vocabularies_.target.Token(id) != nullptr) frequent.push_back(id);
  }
  return std::move(result_);
}

}  // namespace

absl::StatusOr<LexText> ParseLexText(absl::string_view text,
                                     const std::string& path, int best,
                                     const LexVocabularies& vocabularies) {
  if (text.substr(0, kGzipMagic.size()) == kGzipMagic) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": compressed with gzip; unpack it first"));
  }
  Reader reader(best, vocabularies);
  for (int64_t number = 1; !text.empty(); ++number) {
    const absl::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const absl::Status status = reader.ReadLine(line, number);
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line ", number, ": ", status.message()));
    }
  }
  LexText result = std::move(reader).Finish();
  if (result.table.num_targets() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": none of its ", result.num_lines,
        " pairs are of the model's vocabularies; expected lines \"target "
        "source probability\" whose words are tokens"));
  }
  return result;
}

}  // namespace parley
