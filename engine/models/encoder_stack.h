// The layers of an encoder model, whatever its architecture.
#ifndef PARLEY_ENGINE_MODELS_ENCODER_STACK_H_
#define PARLEY_ENGINE_MODELS_ENCODER_STACK_H_

#include "absl/functional/function_ref.h"
#include "engine/layers/activations.h"
#include "engine/models/encoder_batch.h"

namespace parley {

// Read-only once made: any number of threads may run it, each with activations
// of its own, on its own team or as one thread of a loop on a team.
class EncoderStack {
 public:
  // Told which hidden states now stand in activations.hidden() [num_rows,
  // d_model]: 0 for the embeddings' output, i for that of layer i, counted from
  // 1. It may read them, and change nothing.
  using Observer = absl::FunctionRef<void(int layer)>;

  virtual ~EncoderStack() = default;

  // Runs all of `batch` as one ragged batch, and leaves the last hidden states
  // in activations.hidden().
  // REQUIRES: ids and segment ids in range, positions as the model's
  // padding_token wants them; no sequence empty or longer than the model's
  // max_tokens; at most activations.sizes().max_rows rows.
  virtual void Run(const EncoderBatch& batch, Observer observe,
                   Activations& activations) const = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_ENCODER_STACK_H_
