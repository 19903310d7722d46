#include "engine/runtime/encoder_pass.h"

#include <utility>

namespace parley {

EncoderPass::EncoderPass(const EncoderModel* model, EncoderOutputs outputs,
                         int64_t max_rows)
    : model_(model),
      outputs_(std::move(outputs)),
      activations_(EncoderActivationSizes(model->config, max_rows)) {}

void EncoderPass::Run(absl::Span<EncodedTask> tasks) {
  sequences_.clear();
  int64_t first_row = 0;
  for (EncodedTask& encoded : tasks) {
    const Task& task = *encoded.task;
    const auto length = static_cast<int>(task.source_ids.size());
    sequences_.push_back(
        {.ids = task.source_ids, .segment_ids = task.encode.segment_ids});
    encoded.rows = {.begin = first_row, .length = length};
    first_row += length;
  }
  model_->stack->Run(
      sequences_,
      [&](int layer) { outputs_.Observe(layer, activations_.hidden(), tasks); },
      activations_);
  outputs_.Finish(activations_.hidden(), tasks);
}

}  // namespace parley
