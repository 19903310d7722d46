// From a model directory to a MarianMT model that works.
#ifndef PARLEY_ENGINE_RUNTIME_MARIAN_LOADER_H_
#define PARLEY_ENGINE_RUNTIME_MARIAN_LOADER_H_

#include "absl/status/statusor.h"
#include "engine/api/model.h"
#include "engine/runtime/model_source.h"

namespace parley {

// The part of LoadModel (loader.h) for translation models. Uses the calling
// thread's team.
absl::StatusOr<LoadedModel> LoadMarianModel(const ModelSource& source,
                                            const LoadOptions& options,
                                            const LoadProgress& progress);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_MARIAN_LOADER_H_
