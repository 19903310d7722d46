#include "engine/decoding/history.h"

#include <cstddef>

#include "base/log.h"

namespace parley {

History::History(TokenId start_token) {
  entries_.push_back({.token = start_token});
}

void History::Reserve(int64_t num_tokens) {
  entries_.reserve(1 + static_cast<size_t>(num_tokens));
}

History::Node History::Append(Node node, TokenId token, float log_prob) {
  entries_.push_back({.parent = node,
                      .token = token,
                      .log_prob = log_prob,
                      .length = entries_[node].length + 1});
  return static_cast<Node>(entries_.size() - 1);
}

bool History::EndsWith(Node node, absl::Span<const TokenId> tokens) const {
  if (tokens.size() > static_cast<size_t>(length(node)) + 1) return false;
  for (size_t i = tokens.size(); i > 0; --i) {
    if (entries_[node].token != tokens[i - 1]) return false;
    node = entries_[node].parent;
  }
  return true;
}

History::Node History::CommonPrefix(Node a, Node b) const {
  while (length(a) > length(b)) a = entries_[a].parent;
  while (length(b) > length(a)) b = entries_[b].parent;
  while (a != b) {
    a = entries_[a].parent;
    b = entries_[b].parent;
  }
  return a;
}

void History::AppendTokens(Node node, int first,
                           std::vector<TokenId>* tokens) const {
  PARLEY_CHECK(first <= length(node)) << first << ", " << length(node);
  size_t end = tokens->size() + length(node) - first;
  tokens->resize(end);
  for (; length(node) > first; node = entries_[node].parent) {
    (*tokens)[--end] = entries_[node].token;
  }
}

void History::Read(Node node, Hypothesis* hypothesis) const {
  hypothesis->token_ids.resize(length(node));
  hypothesis->token_log_probs.resize(length(node));
  for (; node != kRoot; node = entries_[node].parent) {
    const Entry& entry = entries_[node];
    hypothesis->token_ids[entry.length - 1] = entry.token;
    hypothesis->token_log_probs[entry.length - 1] = entry.log_prob;
  }
}

}  // namespace parley
