// One run of an encoder's layers over the tasks of a step.
#ifndef PARLEY_ENGINE_RUNTIME_ENCODER_PASS_H_
#define PARLEY_ENGINE_RUNTIME_ENCODER_PASS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "engine/layers/activations.h"
#include "engine/models/encoder.h"
#include "engine/models/encoder_batch.h"
#include "engine/runtime/encoder_outputs.h"

namespace parley {

// The memory of such runs, one after the other. Not thread-safe: uses the
// calling thread's team, or inside a loop of a team that thread alone.
class EncoderPass {
 public:
  // For passes of `max_rows` at most, on teams no larger than that of the
  // calling thread. `model` must outlive this.
  EncoderPass(const EncoderModel* model, EncoderOutputs outputs,
              int64_t max_rows);

  // Computes `tasks`, of which only `task` is set, as one ragged batch, and
  // sets all else. REQUIRES: there are some, of `max_rows` in all
  void Run(absl::Span<EncodedTask> tasks);

 private:
  const EncoderModel* const model_;
  EncoderOutputs outputs_;
  Activations activations_;
  EncoderBatch batch_;  // Of the run under way.
};

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_ENCODER_PASS_H_
