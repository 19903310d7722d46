// What is known of a model directory before its architecture is.
#ifndef PARLEY_ENGINE_RUNTIME_MODEL_SOURCE_H_
#define PARLEY_ENGINE_RUNTIME_MODEL_SOURCE_H_

#include <string>

#include "engine/models/weight_loader.h"
#include "engine/runtime/parley_json.h"

namespace parley {

struct ModelSource {
  std::string directory;
  ParleyJson parley_json;
  std::string display_name;    // By parley.json, else the folder's name.
  WeightSink* sink = nullptr;  // Told of the weights; not owned.
};

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_MODEL_SOURCE_H_
