// Likely translations of each source token, and the vocabularies whose ids
// they are.
#ifndef PARLEY_ENGINE_SHORTLIST_LEXICAL_TABLE_H_
#define PARLEY_ENGINE_SHORTLIST_LEXICAL_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/tokenizer/vocabulary.h"

namespace parley {

// What a table must agree on with the model that uses it.
struct VocabularyPair {
  int source_size = 0;  // Greatest id + 1.
  int target_size = 0;
  uint64_t fingerprint = 0;  // Of all tokens and their ids.

  bool operator==(const VocabularyPair&) const = default;
};

// A model with a joint vocabulary has the same one twice.
VocabularyPair DescribeVocabularies(const Vocabulary& source,
                                    const Vocabulary& target);

// Plain data: any number of threads may read it.
class LexicalTable {
 public:
  // The next source token's translations, the likeliest first; the first call
  // is for token 0.
  void AppendRow(absl::Span<const TokenId> targets);

  int num_rows() const { return static_cast<int>(row_ends_.size()); }
  // Empty for ids that are negative or have no row.
  absl::Span<const TokenId> Row(TokenId source) const;
  size_t num_targets() const { return targets_.size(); }

  // Target tokens of all texts, the most frequent first.
  std::vector<TokenId> frequent;

 private:
  std::vector<size_t> row_ends_;  // Into targets_. [num_rows]
  std::vector<TokenId> targets_;  // Of all rows. [num_targets]
};

}  // namespace parley

#endif  // PARLEY_ENGINE_SHORTLIST_LEXICAL_TABLE_H_
