// From a model directory to a model that works.
#ifndef PARLEY_ENGINE_RUNTIME_LOADER_H_
#define PARLEY_ENGINE_RUNTIME_LOADER_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/api/model.h"
#include "engine/models/weight_loader.h"

namespace parley {

// Loads a Hugging Face model directory as it is; docs/model_directory.md says
// which files are read. A ModelLoader.
//
// Any thread; the steps of the model may run on another. `progress` is called
// on a thread of its own while this one waits.
absl::StatusOr<LoadedModel> LoadModel(const std::string& directory,
                                      const LoadOptions& options,
                                      const LoadProgress& progress);

// The same, which also tells `sink` of all the weights that it loads.
absl::StatusOr<LoadedModel> LoadModelInto(const std::string& directory,
                                          const LoadOptions& options,
                                          const LoadProgress& progress,
                                          WeightSink* sink);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_LOADER_H_
