// The union of what a source's tokens are likely to become.
#ifndef PARLEY_ENGINE_SHORTLIST_LEXICAL_SHORTLIST_H_
#define PARLEY_ENGINE_SHORTLIST_LEXICAL_SHORTLIST_H_

#include <cstdint>
#include <vector>

#include "engine/api/shortlist.h"
#include "engine/shortlist/lexical_table.h"

namespace parley {

// Gives, as Marian's lexical shortlist does, the rows of a source's tokens,
// the most frequent target tokens and, where both sides have one vocabulary,
// the source's tokens themselves: names and numbers are copied.
class LexicalShortlist : public Shortlist {
 public:
  struct Options {
    int num_frequent = 100;       // Of table.frequent.
    std::vector<TokenId> always;  // With the end token; none is negative.
    bool joint_vocabulary = false;
    // Greatest id of a source token that may be copied, and one.
    int target_vocab_size = 0;
  };

  LexicalShortlist(LexicalTable table, const Options& options);

  std::vector<TokenId> TargetTokens(
      absl::Span<const TokenId> source_ids) const override;

 private:
  using Bits = std::vector<uint64_t>;  // One for each target token.
  static void Set(TokenId id, Bits* bits);

  const LexicalTable table_;
  const int copied_size_;  // Source tokens below it are copied.
  Bits always_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_SHORTLIST_LEXICAL_SHORTLIST_H_
