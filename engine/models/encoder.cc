#include "engine/models/encoder.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "engine/models/bert.h"
#include "engine/models/encoder_tensors.h"
#include "engine/models/modern_bert.h"
#include "engine/models/modern_bert_tensors.h"
#include "engine/models/tensor_table.h"

namespace parley {
namespace {

// Of all packing; heads over large vocabularies are the rest.
constexpr double kStackShare = 0.9;

}  // namespace

absl::StatusOr<EncoderModel> LoadEncoder(const EncoderConfig& config,
                                         std::shared_ptr<const WeightFile> file,
                                         const WeightOptions& options) {
  const bool is_modern = config.family == EncoderFamily::kModernBert;
  PARLEY_ASSIGN_OR_RETURN(const TensorMap tensors,
                          TensorMap::Bind(is_modern ? ModernBertTensors(config)
                                                    : EncoderTensors(config),
                                          std::move(file)));
  EncoderModel model;
  model.config = config;
  model.num_parameters = tensors.num_parameters();
  model.unknown_tensors = WithoutBuffers(tensors.extra());
  WeightLoader loader(tensors, options);
  const auto stack_progress = [&](double done) {
    options.progress(kStackShare * done);
  };
  PARLEY_ASSIGN_OR_RETURN(
      model.stack, is_modern
                       ? LoadModernBertStack(config, loader, stack_progress)
                       : LoadBertStack(config, loader, stack_progress));
  PARLEY_ASSIGN_OR_RETURN(model.heads, LoadEncoderHeads(config, loader));
  PARLEY_RETURN_IF_ERROR(loader.status());
  options.progress(1.0);
  return model;
}

ActivationSizes EncoderActivationSizes(const EncoderConfig& config,
                                       int64_t max_rows) {
  // ModernBERT's gated layer has a gate as wide as its input.
  const int gates = config.family == EncoderFamily::kModernBert ? 2 : 1;
  return {
      .max_rows = max_rows,
      .d_model = config.d_model,
      .max_ffn_dim = std::max(gates * config.ffn_dim, config.embedding_dim)};
}

}  // namespace parley
