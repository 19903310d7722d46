// A model for tests of searches: logits that are an integer hash of the prefix,
// and a loop that drives a search with them as the engine does.
#ifndef PARLEY_TESTS_ENGINE_DECODING_TOY_MODEL_H_
#define PARLEY_TESTS_ENGINE_DECODING_TOY_MODEL_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/decoding/candidate_scan.h"
#include "engine/decoding/search.h"

namespace parley {

struct ToyModel {
  uint64_t seed = 0;
  int vocab_size = 12;
  float scale = 1;
  TokenId end_token = 1;
  float end_bias = 0;

  // The same numbers as toy_logits of testdata/make_references.py. `prefix`
  // starts with the start token. [vocab_size]
  std::vector<float> Logits(absl::Span<const TokenId> prefix) const;
};

// The model's rules with start token 0.
SearchRules ToyRules(const ToyModel& model);

// Scans the row in blocks as the output layer gives them; see
// CandidateScan::Finish.
int ScanLogits(absl::Span<float> logits, const RowConstraints& constraints,
               absl::Span<Candidate> candidates);

using LogitsFunction =
    std::function<std::vector<float>(absl::Span<const TokenId> prefix)>;

// Runs `search` to its end or its first error; every row's prefix is put
// together from parent() and input_token(), as a model's cache would be. Checks
// what Search promises of rows on the way.
absl::Status Drive(const LogitsFunction& logits, Search* search);

// What the log-probability of `token` after `prefix` has to be, in double
// precision.
double ReferenceLogProb(absl::Span<const float> logits,
                        const RowConstraints& constraints, TokenId token);

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_DECODING_TOY_MODEL_H_
