// What an encoder model of BERT's family is: config.json, checked.
#ifndef PARLEY_ENGINE_MODELS_ENCODER_CONFIG_H_
#define PARLEY_ENGINE_MODELS_ENCODER_CONFIG_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/layers/feed_forward.h"
#include "engine/weights/json_file.h"

namespace parley {

// Models that are built and named alike.
enum class EncoderFamily {
  kBert,
  kDistilBert,
  kRoberta,  // XLM-RoBERTa and CamemBERT, too.
  kMpnet,
  kElectra,
  kModernBert,
};

// Whether a checkpoint must have the tensors of a head, by what `architectures`
// says; without that they may be there all the same, but for a classifier,
// whose name other heads have, too.
struct EncoderHeadsConfig {
  bool classifies = false;
  bool fills_masks = false;
  bool predicts_next_sentence = false;
  // Of the classifier, by index; empty where it has none.
  std::vector<std::string> labels;
  bool has_independent_labels = false;  // problem_type: multi_label.
  bool is_regression = false;           // problem_type: regression.
};

// Which of ModernBERT's products and norms have one.
struct ModernBertBiases {
  bool norm = false;
  bool attention = false;
  bool feed_forward = false;
  bool decoder = true;
  bool head = false;
};

// ModernBERT's own parts.
struct ModernBertConfig {
  // Of each layer: whether it sees all positions, or those within the window.
  std::vector<bool> is_global;  // [num_layers]
  int window = 0;               // To each side.
  double global_rope_base = 0;
  double local_rope_base = 0;
  ModernBertBiases biases;
  bool classifier_takes_mean = false;  // Else the first token.
  kernels::Activation head_activation = kernels::Activation::kGelu;
};

struct EncoderConfig {
  EncoderFamily family = EncoderFamily::kBert;
  std::string architecture;  // "BertModel".
  int num_layers = 0;
  int num_heads = 0;
  int d_model = 0;
  int embedding_dim = 0;  // d_model, but for ELECTRA.
  int ffn_dim = 0;
  int vocab_size = 0;
  int num_positions = 0;  // Rows of the table of positions.
  int num_segments = 0;   // Rows of the table of token types; 0: none.
  kernels::Activation activation = kernels::Activation::kGelu;
  float norm_epsilon = 1e-12f;
  // RoBERTa counts positions from this token's id plus one and gives all
  // tokens of this id that position itself; nullopt: positions count from 0.
  std::optional<int> padding_token;
  int num_relative_buckets = 0;  // MPNet; 0: no relative positions.
  // Predictions of tokens read the table of embeddings (tie_word_embeddings).
  bool ties_output = true;
  EncoderHeadsConfig heads;
  ModernBertConfig modern_bert;  // Only of EncoderFamily::kModernBert.

  // Tokens of the longest sequence.
  int max_tokens() const {
    return num_positions - (padding_token ? *padding_token + 1 : 0);
  }
};

// Values of "model_type" that ReadEncoderConfig takes, sorted.
std::vector<absl::string_view> EncoderModelTypes();

// Reads config.json, as transformers' model classes understand it.
// INVALID_ARGUMENT names file and key of what is missing, out of range or
// inconsistent; UNIMPLEMENTED what would change the model's answers and is not
// supported.
absl::StatusOr<EncoderConfig> ReadEncoderConfig(const JsonFile& file);

// The activation of that name; UNIMPLEMENTED names `key` and what is supported.
absl::StatusOr<kernels::Activation> ReadEncoderActivation(
    const JsonFile& file, absl::string_view key);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_ENCODER_CONFIG_H_
