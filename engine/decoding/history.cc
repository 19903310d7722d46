#include "engine/decoding/history.h"

#include <cstddef>

namespace parley {

History::History(TokenId start_token) {
  entries_.push_back({.token = start_token});
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
