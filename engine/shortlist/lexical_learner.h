// Learns from translated texts which target tokens a source token becomes.
#ifndef PARLEY_ENGINE_SHORTLIST_LEXICAL_LEARNER_H_
#define PARLEY_ENGINE_SHORTLIST_LEXICAL_LEARNER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/shortlist/lexical_table.h"

namespace parley {

// Model 1 of Brown et al., "The Mathematics of Statistical Machine
// Translation" (1993): each target token comes from one source token of its
// sentence, or from an empty one, with a probability that the two tokens alone
// decide. It is fitted by expectation maximization.
//
// So that memory grows with the texts and the vocabulary, and not with all
// pairs of tokens that ever meet, a source token's candidates are chosen
// before: those that are most often with it for how often they occur at all.
//
// Thread rule: one thread. The same calls give the same table.
class LexicalLearner {
 public:
  // Sentences with more tokens on a side are passed over: their pairs tell
  // little, and take time with the product of both lengths.
  static constexpr size_t kMaxSentenceTokens = 256;

  struct Options {
    int num_iterations = 5;  // 1 or more.
    int best = 100;          // Translations of a token at most; 1 or more.
  };
  // 0 to 1, rising.
  using Progress = std::function<void(double done)>;

  LexicalLearner(int source_vocab_size, int target_vocab_size);

  // Whether Add takes them: not where one of them is empty or too long.
  static bool Takes(absl::Span<const TokenId> source,
                    absl::Span<const TokenId> target);

  // A sentence and its translation. Returns whether it was taken.
  // REQUIRES: ids of the vocabularies.
  bool Add(absl::Span<const TokenId> source, absl::Span<const TokenId> target);
  size_t num_sentences() const { return source_.ends.size(); }

  // The table of all that was added.
  LexicalTable Learn(const Options& options, const Progress& progress) const;

 private:
  // Sentences end to end.
  struct Side {
    int vocab_size;
    std::vector<TokenId> ids;
    std::vector<size_t> ends;  // Into ids. [num_sentences]

    void Add(absl::Span<const TokenId> sentence);
    absl::Span<const TokenId> Sentence(size_t index) const;
    // In how many sentences each token is. [vocab_size]
    std::vector<uint32_t> CountSentences() const;
  };
  class Candidates;
  class Model;

  // The target tokens that occur, the most frequent first.
  std::vector<TokenId> FrequentTargets() const;

  Side source_;
  Side target_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_SHORTLIST_LEXICAL_LEARNER_H_
