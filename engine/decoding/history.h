// The tokens that the rows of one search have chosen so far.
#ifndef PARLEY_ENGINE_DECODING_HISTORY_H_
#define PARLEY_ENGINE_DECODING_HISTORY_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/api/task.h"

namespace parley {

// A tree of tokens under the start token: each node is the sequence that leads
// to it, so that sequences share what they have in common and none is copied
// when a search reorders its rows. Nodes are never removed.
//
// Thread rule: const methods from several threads at once, or Append from one.
class History {
 public:
  using Node = int32_t;

  // The start token alone.
  static constexpr Node kRoot = 0;

  explicit History(TokenId start_token);

  // Makes room, so that `num_tokens` calls of Append allocate nothing.
  void Reserve(int64_t num_tokens);

  // The sequence of `node` with one more token.
  Node Append(Node node, TokenId token, float log_prob);

  // The last token of `node`'s sequence.
  TokenId token(Node node) const { return entries_[node].token; }

  // Tokens of `node`'s sequence, without the start token.
  int length(Node node) const { return entries_[node].length; }

  // Whether `node`'s sequence, the start token at its front, ends in `tokens`.
  bool EndsWith(Node node, absl::Span<const TokenId> tokens) const;

  // The longest sequence that those of `a` and `b` both begin with.
  Node CommonPrefix(Node a, Node b) const;

  // Appends the tokens of `node`'s sequence from number `first` on to *tokens;
  // the one after the start token is number 0. REQUIRES: first <= length(node)
  void AppendTokens(Node node, int first, std::vector<TokenId>* tokens) const;

  // Sets the tokens of `hypothesis` and their log-probabilities to those of
  // `node`'s sequence, without the start token.
  void Read(Node node, Hypothesis* hypothesis) const;

 private:
  struct Entry {
    Node parent = -1;
    TokenId token = 0;
    float log_prob = 0;
    int32_t length = 0;
  };

  std::vector<Entry> entries_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_DECODING_HISTORY_H_
