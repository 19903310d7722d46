#include "engine/runtime/encoder_pass.h"

#include <utility>

namespace parley {

EncoderPass::EncoderPass(const EncoderModel* model, EncoderOutputs outputs,
                         int64_t max_rows)
    : model_(model),
      outputs_(std::move(outputs)),
      activations_(EncoderActivationSizes(model->config, max_rows)),
      batch_(max_rows) {}

void EncoderPass::Run(absl::Span<EncodedTask> tasks) {
  batch_.Clear();
  for (EncodedTask& encoded : tasks) {
    const Task& task = *encoded.task;
    batch_.Append(task.source_ids, task.encode.segment_ids,
                  model_->config.padding_token);
    encoded.rows = batch_.sequences().back();
  }
  model_->stack->Run(
      batch_,
      [&](int layer) { outputs_.Observe(layer, activations_.hidden(), tasks); },
      activations_);
  outputs_.Finish(activations_.hidden(), tasks);
}

}  // namespace parley
