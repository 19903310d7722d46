// The layers of an encoder model, whatever its architecture.
#ifndef PARLEY_ENGINE_MODELS_ENCODER_STACK_H_
#define PARLEY_ENGINE_MODELS_ENCODER_STACK_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "engine/layers/activations.h"
#include "engine/layers/attention.h"

namespace parley {

// One sequence of a ragged batch.
struct EncoderSequence {
  absl::Span<const int32_t> ids;
  absl::Span<const uint8_t> segment_ids;  // Or empty: all 0.
};

// Where each of `batch` stands among the batch's rows: one after the other.
std::vector<Sequence> PlaceSequences(absl::Span<const EncoderSequence> batch);

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
  // REQUIRES: ids and segment ids in range; no sequence empty or longer than
  // the model's max_tokens; the sum of their lengths at most
  // activations.sizes().max_rows.
  virtual void Run(absl::Span<const EncoderSequence> batch, Observer observe,
                   Activations& activations) const = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_ENCODER_STACK_H_
