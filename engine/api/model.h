// What a loaded model is, and how models are loaded.
#ifndef PARLEY_ENGINE_API_MODEL_H_
#define PARLEY_ENGINE_API_MODEL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/api/compute_type.h"
#include "engine/api/encoder_tokenizer.h"
#include "engine/api/engine.h"
#include "engine/api/shortlist.h"
#include "engine/api/task.h"
#include "engine/api/tokenizer.h"

namespace parley {

enum class ModelKind { kTranslation, kEncoder };

struct LanguagePair {
  std::string source;  // E.g. "en".
  std::string target;
};

// Languages of a translation model, as its files list them.
struct ModelLanguages {
  // Where empty, any source goes to each of `targets`.
  std::vector<LanguagePair> pairs;
  std::vector<std::string> targets;  // Each once, in the files' order.
  // What stands before a source text to choose its target, "{language}"
  // standing for the code: ">>{language}<<". Empty where nothing does.
  std::string target_token;
};

enum class SimilarityMeasure { kCosine, kDot, kEuclidean, kManhattan };

struct Prompt {
  std::string name;
  std::string text;
};

// What an encoder model gives, and how where a request does not say.
struct EncoderInfo {
  int embedding_dim = 0;  // Of a vector with the model's own pooling.
  int d_model = 0;        // Of a token's vector.
  int num_layers = 0;
  int num_segments = 1;  // Token types that it knows.
  // Tokens of a text by default, special tokens included (max_seq_length);
  // never more than ModelInfo::max_source_tokens.
  int max_tokens = 0;
  std::vector<Pooling> pooling;  // One after the other; never empty.
  // Where false, the pooling of a request must be as wide as the model's own:
  // its dense layers take no other.
  bool pools_any_width = true;
  bool normalizes = false;
  std::vector<Prompt> prompts;
  std::string default_prompt;  // Its text; empty: none.
  bool pools_prompt = true;    // Prompts take part in the pooling.
  SimilarityMeasure similarity = SimilarityMeasure::kCosine;
  // Of the classification head, by index; empty where there is none.
  std::vector<std::string> labels;
  bool has_independent_labels = false;  // problem_type: multi_label.
  bool is_regression = false;           // problem_type: regression.
  bool fills_masks = false;
  bool predicts_next_sentence = false;
};

struct ModelInfo {
  std::string display_name;  // Never empty; the folder's name by default.
  ModelKind kind = ModelKind::kTranslation;
  std::string architecture;  // As in config.json: "MarianMTModel".
  ComputeType compute_type = ComputeType::kF32;  // Never kAuto.
  bool widens_bf16 = false;  // To f32: the processor does not multiply bf16.
  int64_t num_parameters = 0;
  int vocab_size = 0;         // Of the target side.
  int max_source_tokens = 0;  // Of one task, special tokens included.
  int max_target_tokens = 0;  // Greatest max_new_tokens.
  ModelLanguages languages;
  SearchOptions default_search;  // From the model's files.
  // Whether it has a shortlist, and takes it where a request does not say.
  bool has_shortlist = false;
  bool uses_shortlist = false;
  EncoderInfo encoder;  // Only of ModelKind::kEncoder.
  // Of the computing time where models of one server compete, as a part of the
  // sum of theirs; above 0.
  double share = 1;
};

// A model ready to work. The engines are their runners'; the rest may be read
// from any thread.
struct LoadedModel {
  ModelInfo info;
  // By the kind: the one of translation models, or of encoder models.
  std::unique_ptr<const Tokenizer> tokenizer;
  std::unique_ptr<const EncoderTokenizer> encoder_tokenizer;
  std::unique_ptr<const Shortlist> shortlist;  // Null: none.
  // LoadOptions::num_replicas of them, on one set of weights. Each has a state
  // of its own, and may run at the same time as the others.
  std::vector<std::unique_ptr<Engine>> engines;
};

struct LoadOptions {
  // Unset: as the directory's files are stored; f32 for those of the hubs.
  std::optional<ComputeType> compute_type;
  int num_threads = 1;       // OpenMP threads of a step of one engine.
  int num_replicas = 1;      // Engines that share the weights.
  bool pin_threads = false;  // Each to a CPU of its own.
  int64_t kv_cache_bytes = int64_t{256} << 20;  // Of each engine.
  // Decoder rows of one step at most.
  int max_rows = 256;
};

// Told what loading is at: a stage ("reading weights"), and how much of all
// the work is done, 0 to 1.
using LoadProgress = std::function<void(absl::string_view stage, double done)>;

// Loads the model in a directory. Errors name the file at fault, what is
// wrong in it, and what was expected.
using ModelLoader = std::function<absl::StatusOr<LoadedModel>(
    const std::string& directory, const LoadOptions& options,
    const LoadProgress& progress)>;

}  // namespace parley

#endif  // PARLEY_ENGINE_API_MODEL_H_
