#include "engine/tokenizer/added_tokens.h"

#include <utility>

#include "engine/tokenizer/whitespace.h"

namespace parley {
namespace {

uint64_t EdgeKey(uint32_t node, char byte) {
  return uint64_t{node} << 8 | static_cast<uint8_t>(byte);
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), token_at_node_(1, -1) {
  for (size_t i = 0; i < tokens_.size(); ++i) {
    const std::string& text = tokens_[i].text;
    index_of_text_[text] = static_cast<int>(i);
    index_of_id_[tokens_[i].id] = static_cast<int>(i);
    uint32_t node = 0;
    for (char byte : text) {
      const auto [it, inserted] = edges_.try_emplace(
          EdgeKey(node, byte), static_cast<uint32_t>(token_at_node_.size()));
      if (inserted) token_at_node_.push_back(-1);
      node = it->second;
    }
    token_at_node_[node] = static_cast<int>(i);
    starts_token_[static_cast<uint8_t>(text[0])] = true;
  }
}

int AddedTokens::LongestPrefix(absl::string_view text) const {
  int longest = -1;
  uint32_t node = 0;
  for (char byte : text) {
    const auto it = edges_.find(EdgeKey(node, byte));
    if (it == edges_.end()) break;
    node = it->second;
    if (token_at_node_[node] >= 0) longest = token_at_node_[node];
  }
  return longest;
}

std::vector<AddedTokens::Section> AddedTokens::Split(
    absl::string_view text) const {
  std::vector<Section> sections;
  size_t begin = 0;  // Of what lies before the next token.
  bool strip_front = false;
  const auto add_text = [&](size_t end, bool strip_back) {
    absl::string_view between = text.substr(begin, end - begin);
    if (strip_front) between = StripLeadingWhitespace(between);
    if (strip_back) between = StripTrailingWhitespace(between);
    if (between.empty()) return;
    const size_t offset = between.data() - text.data();
    sections.push_back({offset, offset + between.size(), std::nullopt});
  };
  size_t at = 0;
  while (at < text.size()) {
    const int index = starts_token_[static_cast<uint8_t>(text[at])]
                          ? LongestPrefix(text.substr(at))
                          : -1;
    if (index < 0) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[index];
    add_text(at, token.strip_before);
    sections.push_back({at, at + token.text.size(), token.id});
    at += token.text.size();
    begin = at;
    strip_front = token.strip_after;
  }
  add_text(text.size(), false);
  return sections;
}

std::optional<TokenId> AddedTokens::Find(absl::string_view text) const {
  const auto it = index_of_text_.find(text);
  if (it == index_of_text_.end()) return std::nullopt;
  return tokens_[it->second].id;
}

const std::string* AddedTokens::Token(TokenId id) const {
  const auto it = index_of_id_.find(id);
  return it == index_of_id_.end() ? nullptr : &tokens_[it->second].text;
}

}  // namespace parley
