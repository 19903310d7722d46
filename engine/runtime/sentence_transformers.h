// What sentence-transformers stores beside a model: how texts are cut, pooled
// and prompted.
#ifndef PARLEY_ENGINE_RUNTIME_SENTENCE_TRANSFORMERS_H_
#define PARLEY_ENGINE_RUNTIME_SENTENCE_TRANSFORMERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/api/model.h"
#include "engine/layers/feed_forward.h"

namespace parley {

// A layer behind the pooling.
struct DenseModule {
  std::string directory;  // Of its config.json and weights.
  int in_features = 0;
  int out_features = 0;
  bool has_bias = true;
  std::optional<kernels::Activation> activation;  // Nothing: none.
};

struct SentenceTransformers {
  // Of config.json, weights and tokenizer: the model's own, or a folder in it.
  std::string transformer_directory;
  std::vector<Pooling> pooling = {Pooling::kMean};
  bool pools_prompt = true;
  std::vector<DenseModule> dense;
  bool normalizes = false;
  std::optional<int> max_tokens;  // max_seq_length.
  bool lowercase = false;         // do_lower_case.
  std::vector<Prompt> prompts;    // By name.
  std::string default_prompt;     // Its text; empty: none.
  SimilarityMeasure similarity = SimilarityMeasure::kCosine;
};

// Reads modules.json of `directory` and what it names; the defaults above where
// there is none. Class names of modules are those of any version from 1 to 6.
// INVALID_ARGUMENT names file and key of what is malformed; UNIMPLEMENTED a
// module, an order of them or a setting that is not supported.
absl::StatusOr<SentenceTransformers> ReadSentenceTransformers(
    const std::string& directory);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_SENTENCE_TRANSFORMERS_H_
