#include "engine/runtime/encoder_outputs.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "engine/kernels/team.h"
#include "engine/kernels/vector_ops.h"
#include "engine/runtime/pooling.h"

namespace parley {
namespace {

bool Asks(const EncodedTask& task, EncoderOutput output) {
  return task.task->encode.output == output;
}

TokenVectors VectorsOf(const EncodedTask& task, const float* hidden,
                       int64_t d_model) {
  return {.data = hidden + task.rows.begin * d_model,
          .num_tokens = task.rows.length,
          .width = d_model};
}

bool IsFinite(const EncoderResult& result) {
  // A position without tokens is one whose logits were not finite.
  return absl::c_all_of(result.values,
                        [](float value) { return std::isfinite(value); }) &&
         absl::c_none_of(
             result.masked_tokens,
             [](const std::vector<ScoredToken>& top) { return top.empty(); });
}

// The likeliest tokens, or none where a logit is NaN or infinite.
std::vector<ScoredToken> BestTokens(absl::Span<const float> logits, int top_k) {
  const float log_sum = kernels::LogSumExp(logits);
  std::vector<ScoredToken> best;
  if (!std::isfinite(log_sum)) return best;
  std::vector<kernels::IndexedValue> top(top_k);
  const int count = kernels::TopK(logits, absl::MakeSpan(top));
  for (int i = 0; i < count; ++i) {
    best.push_back({.id = top[i].index, .log_prob = top[i].value - log_sum});
  }
  return best;
}

}  // namespace

EncoderOutputs::EncoderOutputs(const EncoderModel* model,
                               VectorDefaults defaults,
                               std::shared_ptr<const DenseLayers> dense)
    : model_(model),
      defaults_(std::move(defaults)),
      dense_(std::move(dense)),
      dense_scratch_(*dense_) {
  const EncoderHeads& heads = model->heads;
  for (const std::optional<HeadWeights>* head :
       {&heads.classifier, &heads.next_sentence, &heads.masked_tokens}) {
    if (head->has_value()) scratch_.MakeRoomFor(**head);
  }
}

void EncoderOutputs::Observe(int layer, const float* hidden,
                             absl::Span<EncodedTask> tasks) {
  const int64_t d_model = model_->config.d_model;
  for (EncodedTask& task : tasks) {
    if (!Asks(task, EncoderOutput::kTokenVectors)) continue;
    const EncodeOptions& encode = task.task->encode;
    const int last = model_->config.num_layers;
    const absl::Span<const int> layers =
        encode.layers.empty() ? absl::MakeConstSpan(&last, 1)
                              : absl::MakeConstSpan(encode.layers);
    const bool is_sum = encode.layer_join == LayerJoin::kSum;
    const int64_t width = is_sum ? d_model : d_model * layers.size();
    task.result.values.resize(task.rows.length * width);
    for (size_t k = 0; k < layers.size(); ++k) {
      if (layers[k] != layer) continue;
      kernels::ForEachRow(task.rows.length, [&](int64_t i) {
        const absl::Span<const float> row(
            hidden + (task.rows.begin + i) * d_model, d_model);
        const absl::Span<float> values =
            absl::MakeSpan(task.result.values)
                .subspan(i * width + (is_sum ? 0 : k * d_model), d_model);
        // Values start as zeros.
        kernels::ScaleAdd(row, 1.0f, values, values);
      });
    }
  }
}

void EncoderOutputs::Finish(const float* hidden,
                            absl::Span<EncodedTask> tasks) {
  kernels::ForEachItem(tasks.size(), [&](int64_t i) {
    if (Asks(tasks[i], EncoderOutput::kVector)) PoolTask(hidden, tasks[i]);
  });
  if (!dense_->empty()) RunDense(tasks);
  const EncoderHeads& heads = model_->heads;
  if (heads.classifier.has_value()) {
    RunHeads(*heads.classifier, EncoderOutput::kLabels, hidden, tasks);
  }
  if (heads.next_sentence.has_value()) {
    RunHeads(*heads.next_sentence, EncoderOutput::kNextSentence, hidden, tasks);
  }
  if (heads.masked_tokens.has_value()) {
    RunHeads(*heads.masked_tokens, EncoderOutput::kMaskedTokens, hidden, tasks);
  }
  for (EncodedTask& task : tasks) {
    if (!IsFinite(task.result)) {
      task.status = absl::InternalError(
          "the model gave numbers that are not finite for this text");
    }
  }
}

void EncoderOutputs::PoolTask(const float* hidden, EncodedTask& task) const {
  const EncodeOptions& encode = task.task->encode;
  const std::vector<Pooling>& poolings =
      encode.pooling.empty() ? defaults_.pooling : encode.pooling;
  const size_t d_model = model_->config.d_model;
  TokenVectors tokens = VectorsOf(task, hidden, d_model);
  tokens.num_skipped = encode.num_unpooled_tokens;
  task.result.values.resize(poolings.size() * d_model);
  for (size_t k = 0; k < poolings.size(); ++k) {
    Pool(poolings[k], tokens,
         absl::MakeSpan(task.result.values).subspan(k * d_model, d_model));
  }
}

void EncoderOutputs::RunDense(absl::Span<EncodedTask> tasks) {
  vectors_.clear();
  for (EncodedTask& task : tasks) {
    if (Asks(task, EncoderOutput::kVector)) vectors_.push_back(&task);
  }
  const int64_t in_features = dense_->in_features();
  const int64_t out_features = dense_->out_features();
  const auto total = static_cast<int64_t>(vectors_.size());
  for (int64_t begin = 0; begin < total; begin += DenseLayers::kMaxRows) {
    const int64_t count = std::min(DenseLayers::kMaxRows, total - begin);
    for (int64_t i = 0; i < count; ++i) {
      absl::c_copy(vectors_[begin + i]->result.values,
                   dense_scratch_.input() + i * in_features);
    }
    const float* output = dense_->Run(count, dense_scratch_);
    for (int64_t i = 0; i < count; ++i) {
      const float* row = output + i * out_features;
      vectors_[begin + i]->result.values.assign(row, row + out_features);
    }
  }
}

void EncoderOutputs::RunHeads(const HeadWeights& head, EncoderOutput output,
                              const float* hidden,
                              absl::Span<EncodedTask> tasks) {
  head_rows_.clear();
  for (EncodedTask& task : tasks) {
    if (!Asks(task, output)) continue;
    const bool is_masked = output == EncoderOutput::kMaskedTokens;
    const size_t count = is_masked ? task.task->encode.positions.size() : 1;
    if (is_masked) task.result.masked_tokens.resize(count);
    for (size_t i = 0; i < count; ++i) {
      head_rows_.push_back({.task = &task, .index = static_cast<int>(i)});
    }
  }
  const size_t d_model = model_->config.d_model;
  const size_t width = head.width();
  const auto total = static_cast<int64_t>(head_rows_.size());
  for (int64_t begin = 0; begin < total; begin += HeadScratch::kMaxRows) {
    const int64_t count = std::min(HeadScratch::kMaxRows, total - begin);
    for (int64_t i = 0; i < count; ++i) {
      ReadHeadInput(head_rows_[begin + i], hidden,
                    {scratch_.input() + i * d_model, d_model});
    }
    RunHead(head, count, scratch_);
    kernels::ForEachItem(count, [&](int64_t i) {
      TakeLogits(head_rows_[begin + i], {scratch_.output() + i * width, width});
    });
  }
}

void EncoderOutputs::ReadHeadInput(const HeadRow& row, const float* hidden,
                                   absl::Span<float> input) const {
  const TokenVectors tokens =
      VectorsOf(*row.task, hidden, model_->config.d_model);
  if (Asks(*row.task, EncoderOutput::kMaskedTokens)) {
    const int position = row.task->task->encode.positions[row.index];
    std::copy_n(tokens.data + position * tokens.width, tokens.width,
                input.begin());
    return;
  }
  Pool(model_->config.modern_bert.classifier_takes_mean ? Pooling::kMean
                                                        : Pooling::kCls,
       tokens, input);
}

void EncoderOutputs::TakeLogits(const HeadRow& row, absl::Span<float> logits) {
  EncoderResult& result = row.task->result;
  if (Asks(*row.task, EncoderOutput::kMaskedTokens)) {
    result.masked_tokens[row.index] =
        BestTokens(logits, row.task->task->encode.top_k);
  } else {
    result.values.assign(logits.begin(), logits.end());
  }
}

}  // namespace parley
