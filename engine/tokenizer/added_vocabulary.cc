#include "engine/tokenizer/added_vocabulary.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/tokenizer/text/aligned_text.h"
#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/unicode_properties.h"
#include "engine/tokenizer/tokenizer_config.h"
#include "engine/tokenizer/vocabulary.h"

namespace parley {
namespace {

bool EndsInWord(absl::string_view text) {
  return !text.empty() &&
         IsWordCharacter(CodePointBefore(text, text.size()).value);
}

bool BeginsWithWord(absl::string_view text) {
  return !text.empty() && IsWordCharacter(CodePointAt(text, 0).value);
}

// Where the white space that `text` ends with begins.
size_t TrailingSpaceBegin(absl::string_view text) {
  size_t begin = text.size();
  while (begin > 0) {
    const CodePoint point = CodePointBefore(text, begin);
    if (!IsWhitespace(point.value)) break;
    begin -= point.num_bytes;
  }
  return begin;
}

size_t LeadingSpaceBytes(absl::string_view text) {
  size_t end = 0;
  while (end < text.size()) {
    const CodePoint point = CodePointAt(text, end);
    if (!IsWhitespace(point.value)) break;
    end += point.num_bytes;
  }
  return end;
}

}  // namespace

absl::StatusOr<VocabularyAddition> ReadAddedToken(const JsonNode& node) {
  VocabularyAddition token;
  const bool is_text = node.is_string();
  const JsonNode content = is_text ? node : node.Get("content");
  PARLEY_ASSIGN_OR_RETURN(token.content, content.AsString());
  if (token.content.size() > kMaxAddedTokenBytes) {
    return content.Wrong(
        absl::StrCat("is longer than ", kMaxAddedTokenBytes, " bytes"));
  }
  token.special = is_text;
  token.is_plain = is_text;
  if (is_text) return token;
  PARLEY_ASSIGN_OR_RETURN(token.special, node.Get("special").BoolOr(false));
  PARLEY_ASSIGN_OR_RETURN(token.normalized,
                          node.Get("normalized").BoolOr(!token.special));
  PARLEY_ASSIGN_OR_RETURN(token.single_word,
                          node.Get("single_word").BoolOr(false));
  PARLEY_ASSIGN_OR_RETURN(token.lstrip, node.Get("lstrip").BoolOr(false));
  PARLEY_ASSIGN_OR_RETURN(token.rstrip, node.Get("rstrip").BoolOr(false));
  return token;
}

absl::StatusOr<std::vector<VocabularyAddition>> ReadAddedTokens(
    const JsonNode& node) {
  std::vector<VocabularyAddition> tokens;
  if (node.is_missing()) return tokens;
  PARLEY_ASSIGN_OR_RETURN(const std::vector<JsonNode> items, node.AsArray());
  for (const JsonNode& item : items) {
    if (!item.is_object()) return item.Expected("an object");
    PARLEY_ASSIGN_OR_RETURN(VocabularyAddition token, ReadAddedToken(item));
    PARLEY_ASSIGN_OR_RETURN(token.id, item.Get("id").AsCount(kMaxTokenId));
    if (!token.content.empty()) tokens.push_back(std::move(token));
  }
  return tokens;
}

AddedVocabulary::AddedVocabulary(std::vector<VocabularyAddition> tokens,
                                 const Normalizer* normalizer)
    : tokens_(std::move(tokens)) {
  std::vector<std::pair<absl::string_view, int32_t>> original;
  std::vector<std::pair<absl::string_view, int32_t>> normalized;
  decoded_.reserve(tokens_.size());
  for (const VocabularyAddition& token : tokens_) {
    const int index = static_cast<int>(decoded_.size());
    AlignedText text(token.content, 0);
    if (token.normalized && normalizer != nullptr) normalizer->Apply(&text);
    decoded_.push_back(std::move(text.text));
    index_of_content_.insert_or_assign(token.content, index);
    index_of_id_.insert_or_assign(token.id, index);
  }
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (index_of_content_[tokens_[i].content] != static_cast<int>(i)) continue;
    (tokens_[i].normalized ? normalized : original)
        .push_back({decoded_[i], static_cast<int32_t>(i)});
  }
  if (!original.empty()) original_.emplace(std::move(original));
  if (!normalized.empty()) normalized_.emplace(std::move(normalized));
}

std::vector<AddedVocabulary::Section> AddedVocabulary::SplitOriginal(
    absl::string_view text) const {
  if (original_.has_value()) return Split(text, *original_);
  if (text.empty()) return {};
  return {{0, text.size(), std::nullopt}};
}

std::vector<AddedVocabulary::Section> AddedVocabulary::SplitNormalized(
    absl::string_view text) const {
  if (normalized_.has_value()) return Split(text, *normalized_);
  if (text.empty()) return {};
  return {{0, text.size(), std::nullopt}};
}

// The longest token that begins at `at`: its place without white space, and
// its index for an id.
std::optional<AddedVocabulary::Section> AddedVocabulary::Match(
    absl::string_view text, size_t at, const PrefixTrie& trie) const {
  std::optional<Section> longest;
  trie.VisitPrefixes(text.substr(at), [&](size_t num_bytes, int32_t index) {
    longest = {at, at + num_bytes, index};
  });
  return longest;
}

std::vector<AddedVocabulary::Section> AddedVocabulary::Split(
    absl::string_view text, const PrefixTrie& trie) const {
  std::vector<Section> sections;
  size_t done = 0;  // End of the last section.
  for (size_t at = 0; at < text.size();) {
    const std::optional<Section> match = Match(text, at, trie);
    if (!match.has_value()) {
      ++at;
      continue;
    }
    at = match->end;
    const VocabularyAddition& token = tokens_[*match->id];
    if (token.single_word && (EndsInWord(text.substr(0, match->begin)) ||
                              BeginsWithWord(text.substr(match->end)))) {
      continue;
    }
    size_t begin = match->begin;
    size_t end = match->end;
    if (token.lstrip) {
      begin = std::max(TrailingSpaceBegin(text.substr(0, begin)), done);
    }
    if (token.rstrip) end += LeadingSpaceBytes(text.substr(end));
    if (done < begin) sections.push_back({done, begin, std::nullopt});
    sections.push_back({begin, end, token.id});
    done = end;
  }
  if (done < text.size()) sections.push_back({done, text.size(), std::nullopt});
  return sections;
}

std::optional<TokenId> AddedVocabulary::Find(absl::string_view content) const {
  const auto it = index_of_content_.find(content);
  if (it == index_of_content_.end()) return std::nullopt;
  return tokens_[it->second].id;
}

const VocabularyAddition* AddedVocabulary::Token(TokenId id) const {
  const auto it = index_of_id_.find(id);
  return it == index_of_id_.end() ? nullptr : &tokens_[it->second];
}

const std::string* AddedVocabulary::DecodedText(TokenId id) const {
  const auto it = index_of_id_.find(id);
  return it == index_of_id_.end() ? nullptr : &decoded_[it->second];
}

bool AddedVocabulary::IsSpecial(absl::string_view content) const {
  const auto it = index_of_content_.find(content);
  return it != index_of_content_.end() && tokens_[it->second].special;
}

int AddedVocabulary::vocab_size() const {
  int size = 0;
  for (const VocabularyAddition& token : tokens_) {
    size = std::max(size, token.id + 1);
  }
  return size;
}

}  // namespace parley
