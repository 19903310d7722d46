// Small MarianMT directories with random weights, for tests.
#ifndef PARLEY_TESTS_ENGINE_MODELS_RANDOM_MARIAN_DIRECTORY_H_
#define PARLEY_TESTS_ENGINE_MODELS_RANDOM_MARIAN_DIRECTORY_H_

#include <string>

namespace parley {

struct RandomMarianOptions {
  int d_model = 32;
  int encoder_layers = 2;
  int decoder_layers = 2;
  int encoder_heads = 4;
  int decoder_heads = 4;
  int encoder_ffn_dim = 48;
  int decoder_ffn_dim = 64;
  int vocab_size = 101;
  int decoder_vocab_size = 101;
  int max_positions = 64;
  std::string activation = "swish";
  std::string dtype = "F32";  // F32, F16 or BF16.
  bool scale_embedding = true;
  bool share_embeddings = true;
  bool tie_output = true;
  bool store_positions = false;
  bool store_logits_bias = true;
  unsigned seed = 1;
};

// Writes config.json and model.safetensors to `directory`, which it makes. The
// end token is 0, the start token the last of the vocabulary.
void WriteRandomMarian(const std::string& directory,
                       const RandomMarianOptions& options);

// A directory of this test and process, made anew, gone with the process's
// temporary files.
std::string TestDirectory(const std::string& name);

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_MODELS_RANDOM_MARIAN_DIRECTORY_H_
