// From hidden states to what tasks ask for.
#ifndef PARLEY_ENGINE_RUNTIME_ENCODER_OUTPUTS_H_
#define PARLEY_ENGINE_RUNTIME_ENCODER_OUTPUTS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/layers/attention.h"
#include "engine/layers/head.h"
#include "engine/models/encoder.h"
#include "engine/runtime/dense_layers.h"
#include "engine/runtime/encode_check.h"

namespace parley {

// One task of a pass, and what became of it.
struct EncodedTask {
  TaskId id = 0;
  const Task* task = nullptr;
  Sequence rows;  // Of the pass.
  EncoderResult result;
  absl::Status status;
};

// Pools, runs heads and dense layers. Results are bits of their own task alone.
//
// Not thread-safe: uses the calling thread's team, if that is in no loop.
class EncoderOutputs {
 public:
  // `model` must outlive this.
  EncoderOutputs(const EncoderModel* model, VectorDefaults defaults,
                 std::shared_ptr<const DenseLayers> dense);

  const VectorDefaults& defaults() const { return defaults_; }

  // Keeps what tasks want of the hidden states of `layer`: [num_rows, d_model].
  // To be called for each layer of a pass, rising (see EncoderStack::Observer).
  void Observe(int layer, const float* hidden, absl::Span<EncodedTask> tasks);

  // Completes the results from the last hidden states. A task whose numbers are
  // not finite gets the status INTERNAL.
  void Finish(const float* hidden, absl::Span<EncodedTask> tasks);

 private:
  // What a head makes one row of output for.
  struct HeadRow {
    EncodedTask* task = nullptr;
    int index = 0;  // Of the task's positions.
  };

  void PoolTask(const float* hidden, EncodedTask& task) const;
  void RunDense(absl::Span<EncodedTask> tasks);
  void RunHeads(const HeadWeights& head, EncoderOutput output,
                const float* hidden, absl::Span<EncodedTask> tasks);
  void ReadHeadInput(const HeadRow& row, const float* hidden,
                     absl::Span<float> input) const;
  static void TakeLogits(const HeadRow& row, absl::Span<float> logits);

  const EncoderModel* const model_;
  const VectorDefaults defaults_;
  const std::shared_ptr<const DenseLayers> dense_;
  DenseScratch dense_scratch_;
  HeadScratch scratch_;
  // Of the run under way.
  std::vector<HeadRow> head_rows_;
  std::vector<EncodedTask*> vectors_;  // That dense layers are to change.
};

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_ENCODER_OUTPUTS_H_
