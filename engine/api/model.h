// What a loaded model is, and how models are loaded.
#ifndef PARLEY_ENGINE_API_MODEL_H_
#define PARLEY_ENGINE_API_MODEL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/api/engine.h"
#include "engine/api/task.h"
#include "engine/api/tokenizer.h"

namespace parley {

enum class ModelKind { kTranslation };

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

struct ModelInfo {
  std::string display_name;  // Never empty; the folder's name by default.
  ModelKind kind = ModelKind::kTranslation;
  std::string architecture;  // As in config.json: "MarianMTModel".
  std::string compute_type;  // "f32".
  int64_t num_parameters = 0;
  int vocab_size = 0;         // Of the target side.
  int max_source_tokens = 0;  // Of one task, special tokens included.
  int max_target_tokens = 0;  // Greatest max_new_tokens.
  ModelLanguages languages;
  SearchOptions default_search;  // From the model's files.
};

// A model ready to work. The engine is the runner's; the rest may be read
// from any thread.
struct LoadedModel {
  ModelInfo info;
  std::unique_ptr<const Tokenizer> tokenizer;
  std::unique_ptr<Engine> engine;
};

struct LoadOptions {
  int num_threads = 1;  // OpenMP threads of a step.
  int64_t kv_cache_bytes = int64_t{256} << 20;
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
