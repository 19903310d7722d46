// From a model directory to an encoder model that works.
#ifndef PARLEY_ENGINE_RUNTIME_ENCODER_LOADER_H_
#define PARLEY_ENGINE_RUNTIME_ENCODER_LOADER_H_

#include "absl/status/statusor.h"
#include "engine/api/model.h"
#include "engine/runtime/model_source.h"
#include "engine/runtime/sentence_transformers.h"
#include "engine/weights/json_file.h"

namespace parley {

// The part of LoadModel (loader.h) for encoder models: `sentences` is what
// source.directory says of them, `config_file` the config.json of
// sentences.transformer_directory. Uses the calling thread's team.
struct EncoderSource {
  const ModelSource& source;
  const SentenceTransformers& sentences;
  const JsonFile& config_file;
};
absl::StatusOr<LoadedModel> LoadEncoderModel(const EncoderSource& encoder,
                                             const LoadOptions& options,
                                             const LoadProgress& progress);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_ENCODER_LOADER_H_
