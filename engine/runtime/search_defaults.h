// How a model is searched where a request does not say.
#ifndef PARLEY_ENGINE_RUNTIME_SEARCH_DEFAULTS_H_
#define PARLEY_ENGINE_RUNTIME_SEARCH_DEFAULTS_H_

#include "absl/status/statusor.h"
#include "engine/api/task.h"
#include "engine/models/generation_config.h"
#include "engine/runtime/parley_json.h"

namespace parley {

// parley.json's defaults over the model's own; `max_target_tokens` where
// neither limits the length. INVALID_ARGUMENT where the outcome is out of its
// ranges (engine/api/task.h).
absl::StatusOr<SearchOptions> ResolveSearchDefaults(
    const GenerationConfig& generation, const ParleyJson& parley_json,
    int max_target_tokens);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_SEARCH_DEFAULTS_H_
