#include "tests/engine/models/marian_reference.h"

#include <cmath>

#include "engine/layers/widen.h"

namespace parley {

MarianReference::MarianReference(const MarianConfig& config,
                                 const WeightFile& file)
    : config_(config) {
  for (const std::string& name : file.names()) {
    const TensorView& view = *file.Find(name);
    std::vector<float> floats(view.num_elements());
    WidenToF32(view.dtype, view.data, absl::MakeSpan(floats));
    tensors_[name] = {{floats.begin(), floats.end()},
                      view.shape.empty() ? 1 : view.shape.back()};
  }
}

const MarianReference::Tensor& MarianReference::Get(
    const std::string& name) const {
  return tensors_.at(name);
}

const MarianReference::Tensor& MarianReference::Table(
    const std::string& side) const {
  const std::string own = "model." + side + ".embed_tokens.weight";
  return tensors_.contains(own) ? Get(own) : Get("model.shared.weight");
}

Matrix MarianReference::Linear(const std::string& name, const Matrix& x) const {
  const Tensor& weight = Get(name + ".weight");
  const Tensor& bias = Get(name + ".bias");
  Matrix y;
  for (const std::vector<double>& row : x) {
    std::vector<double>& out = y.emplace_back(bias.values);
    for (size_t o = 0; o < out.size(); ++o) {
      for (int64_t i = 0; i < weight.columns; ++i) {
        out[o] += weight.values[o * weight.columns + i] * row[i];
      }
    }
  }
  return y;
}

Matrix MarianReference::AddNorm(const std::string& name, const Matrix& x,
                                const Matrix& delta) const {
  const Tensor& scale = Get(name + ".weight");
  const Tensor& shift = Get(name + ".bias");
  Matrix y = x;
  for (size_t r = 0; r < y.size(); ++r) {
    std::vector<double>& row = y[r];
    double mean = 0;
    for (size_t i = 0; i < row.size(); ++i) mean += row[i] += delta[r][i];
    mean /= row.size();
    double variance = 0;
    for (const double v : row) variance += (v - mean) * (v - mean);
    variance /= row.size();
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = (row[i] - mean) / std::sqrt(variance + 1e-5) * scale.values[i] +
               shift.values[i];
    }
  }
  return y;
}

Matrix MarianReference::Embed(const std::string& side,
                              const std::vector<int>& ids) const {
  const Tensor& table = Table(side);
  const std::string stored = "model." + side + ".embed_positions.weight";
  const int d = config_.d_model;
  const int num_sines = (d + 1) / 2;
  Matrix x;
  for (size_t position = 0; position < ids.size(); ++position) {
    std::vector<double>& row = x.emplace_back(d);
    for (int i = 0; i < d; ++i) {
      const int pair = i < num_sines ? i : i - num_sines;
      const double angle = position / std::pow(10000.0, 2.0 * pair / d);
      const double sinusoid = i < num_sines ? std::sin(angle) : std::cos(angle);
      row[i] = table.values[int64_t{ids[position]} * d + i] *
                   config_.embedding_scale +
               (tensors_.contains(stored) ? Get(stored).values[position * d + i]
                                          : sinusoid);
    }
  }
  return x;
}

Matrix MarianReference::Attention(const std::string& name, const Matrix& x,
                                  const Matrix& memory, Mask mask,
                                  int num_heads) const {
  const Matrix query = Linear(name + ".q_proj", x);
  const Matrix key = Linear(name + ".k_proj", memory);
  const Matrix value = Linear(name + ".v_proj", memory);
  const int d = config_.d_model;
  const int head_dim = d / num_heads;
  Matrix context(x.size(), std::vector<double>(d));
  for (size_t r = 0; r < x.size(); ++r) {
    const size_t visible = mask == Mask::kCausal ? r + 1 : memory.size();
    for (int begin = 0; begin < d; begin += head_dim) {
      std::vector<double> weights(visible);
      double sum = 0;
      for (size_t m = 0; m < visible; ++m) {
        double score = 0;
        for (int i = begin; i < begin + head_dim; ++i) {
          score += query[r][i] * key[m][i];
        }
        sum += weights[m] = std::exp(score / std::sqrt(head_dim));
      }
      for (size_t m = 0; m < visible; ++m) {
        for (int i = begin; i < begin + head_dim; ++i) {
          context[r][i] += weights[m] / sum * value[m][i];
        }
      }
    }
  }
  return AddNorm(name + "_layer_norm", x, Linear(name + ".out_proj", context));
}

double MarianReference::Activate(double x) const {
  switch (config_.activation) {
    case kernels::Activation::kRelu:
      return std::max(x, 0.0);
    case kernels::Activation::kSwish:
      return x / (1 + std::exp(-x));
    case kernels::Activation::kGelu:
      return x * std::erfc(-x / std::sqrt(2.0)) / 2;
    case kernels::Activation::kGeluTanh:
      return x / 2 *
             (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case kernels::Activation::kTanh:
      return std::tanh(x);
  }
  return 0;
}

Matrix MarianReference::FeedForward(const std::string& layer,
                                    const Matrix& x) const {
  Matrix inner = Linear(layer + ".fc1", x);
  for (std::vector<double>& row : inner) {
    for (double& v : row) v = Activate(v);
  }
  return AddNorm(layer + ".final_layer_norm", x, Linear(layer + ".fc2", inner));
}

Matrix MarianReference::Encode(const std::vector<int>& source_ids) const {
  Matrix x = Embed("encoder", source_ids);
  for (int i = 0; i < config_.encoder.num_layers; ++i) {
    const std::string layer = "model.encoder.layers." + std::to_string(i);
    x = Attention(layer + ".self_attn", x, x, Mask::kNone,
                  config_.encoder.num_heads);
    x = FeedForward(layer, x);
  }
  return x;
}

Matrix MarianReference::Logits(const Matrix& encoder_output,
                               const std::vector<int>& target_ids) const {
  Matrix x = Embed("decoder", target_ids);
  for (int i = 0; i < config_.decoder.num_layers; ++i) {
    const std::string layer = "model.decoder.layers." + std::to_string(i);
    x = Attention(layer + ".self_attn", x, x, Mask::kCausal,
                  config_.decoder.num_heads);
    x = Attention(layer + ".encoder_attn", x, encoder_output, Mask::kNone,
                  config_.decoder.num_heads);
    x = FeedForward(layer, x);
  }
  const Tensor& output =
      config_.ties_output ? Table("decoder") : Get("lm_head.weight");
  Matrix logits;
  for (const std::vector<double>& row : x) {
    std::vector<double>& out = logits.emplace_back(config_.decoder.vocab_size);
    for (size_t o = 0; o < out.size(); ++o) {
      if (tensors_.contains("final_logits_bias")) {
        out[o] = Get("final_logits_bias").values[o];
      }
      for (int i = 0; i < config_.d_model; ++i) {
        out[o] += output.values[o * config_.d_model + i] * row[i];
      }
    }
  }
  return logits;
}

}  // namespace parley
