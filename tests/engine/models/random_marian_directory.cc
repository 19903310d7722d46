#include "tests/engine/models/random_marian_directory.h"

#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

namespace parley {
namespace {

using Json = nlohmann::ordered_json;

uint32_t Bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// Truncation is enough: the stored number is what everybody reads. Values are
// normal in both types.
uint16_t ToBF16(float value) {
  return static_cast<uint16_t>(Bits(value) >> 16);
}

uint16_t ToF16(float value) {
  const uint32_t bits = Bits(value);
  const int exponent = static_cast<int>(bits >> 23 & 0xFF) - 127 + 15;
  const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  if (exponent <= 0) return sign;
  return static_cast<uint16_t>(sign | exponent << 10 | (bits >> 13 & 0x3FF));
}

class SafetensorsWriter {
 public:
  SafetensorsWriter(std::string dtype, unsigned seed)
      : dtype_(std::move(dtype)), random_(seed) {}

  void Add(const std::string& name, const std::vector<int>& shape,
           float deviation, float mean = 0.0f) {
    int64_t count = 1;
    for (const int size : shape) count *= size;
    std::normal_distribution<float> normal(mean, deviation);
    const size_t begin = body_.size();
    for (int64_t i = 0; i < count; ++i) Append(normal(random_));
    header_[name] = {{"dtype", dtype_},
                     {"shape", shape},
                     {"data_offsets", {begin, body_.size()}}};
  }

  void Write(const std::string& path) const {
    const std::string header = header_.dump();
    const uint64_t size = header.size();
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&size), sizeof(size));
    file << header << body_;
  }

 private:
  void Append(float value) {
    if (dtype_ == "F32") {
      body_.append(reinterpret_cast<const char*>(&value), 4);
      return;
    }
    const uint16_t half = dtype_ == "F16" ? ToF16(value) : ToBF16(value);
    body_.append(reinterpret_cast<const char*>(&half), 2);
  }

  const std::string dtype_;
  std::mt19937 random_;
  Json header_ = Json::object();
  std::string body_;
};

// The layers of one side.
struct Stack {
  std::string side;
  int num_layers = 0;
  int d_model = 0;
  int ffn_dim = 0;
};

void AddStack(const Stack& stack, SafetensorsWriter& writer) {
  const auto linear = [&](const std::string& name, int out, int in) {
    writer.Add(name + ".weight", {out, in}, 1.0f / std::sqrt(in));
    writer.Add(name + ".bias", {out}, 0.1f);
  };
  const auto norm = [&](const std::string& name) {
    writer.Add(name + ".weight", {stack.d_model}, 0.1f, 1.0f);
    writer.Add(name + ".bias", {stack.d_model}, 0.1f);
  };
  for (int i = 0; i < stack.num_layers; ++i) {
    const std::string layer =
        "model." + stack.side + ".layers." + std::to_string(i);
    for (const std::string attention : {".self_attn", ".encoder_attn"}) {
      if (attention == ".encoder_attn" && stack.side == "encoder") continue;
      for (const std::string part :
           {".q_proj", ".k_proj", ".v_proj", ".out_proj"}) {
        linear(layer + attention + part, stack.d_model, stack.d_model);
      }
      norm(layer + attention + "_layer_norm");
    }
    linear(layer + ".fc1", stack.ffn_dim, stack.d_model);
    linear(layer + ".fc2", stack.d_model, stack.ffn_dim);
    norm(layer + ".final_layer_norm");
  }
}

void WriteConfig(const std::string& path, const RandomMarianOptions& options) {
  const Json config = {
      {"model_type", "marian"},
      {"architectures", {"MarianMTModel"}},
      {"activation_function", options.activation},
      {"d_model", options.d_model},
      {"encoder_layers", options.encoder_layers},
      {"decoder_layers", options.decoder_layers},
      {"encoder_attention_heads", options.encoder_heads},
      {"decoder_attention_heads", options.decoder_heads},
      {"encoder_ffn_dim", options.encoder_ffn_dim},
      {"decoder_ffn_dim", options.decoder_ffn_dim},
      {"vocab_size", options.vocab_size},
      {"decoder_vocab_size", options.decoder_vocab_size},
      {"max_position_embeddings", options.max_positions},
      {"scale_embedding", options.scale_embedding},
      {"share_encoder_decoder_embeddings", options.share_embeddings},
      {"tie_word_embeddings", options.tie_output},
      {"decoder_start_token_id", options.decoder_vocab_size - 1},
      {"eos_token_id", 0},
      {"forced_eos_token_id", 0},
      {"bad_words_ids", {{options.decoder_vocab_size - 1}}},
      {"renormalize_logits", true},
  };
  std::ofstream(path) << config.dump(1);
}

}  // namespace

void WriteRandomMarian(const std::string& directory,
                       const RandomMarianOptions& options) {
  std::filesystem::create_directories(directory);
  SafetensorsWriter writer(options.dtype, options.seed);
  const int d = options.d_model;
  if (options.share_embeddings) {
    writer.Add("model.shared.weight", {options.vocab_size, d}, 0.3f);
  } else {
    writer.Add("model.encoder.embed_tokens.weight", {options.vocab_size, d},
               0.3f);
    writer.Add("model.decoder.embed_tokens.weight",
               {options.decoder_vocab_size, d}, 0.3f);
  }
  if (!options.tie_output) {
    writer.Add("lm_head.weight", {options.decoder_vocab_size, d}, 0.3f);
  }
  if (options.store_logits_bias) {
    writer.Add("final_logits_bias", {1, options.decoder_vocab_size}, 0.5f);
  }
  if (options.store_positions) {
    writer.Add("model.encoder.embed_positions.weight",
               {options.max_positions, d}, 0.5f);
    writer.Add("model.decoder.embed_positions.weight",
               {options.max_positions, d}, 0.5f);
  }
  AddStack({"encoder", options.encoder_layers, d, options.encoder_ffn_dim},
           writer);
  AddStack({"decoder", options.decoder_layers, d, options.decoder_ffn_dim},
           writer);
  writer.Write(directory + "/model.safetensors");
  WriteConfig(directory + "/config.json", options);
}

std::string TestDirectory(const std::string& name) {
  // Removed at the end of the process.
  struct Directories {
    ~Directories() {
      for (const std::string& path : paths) {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
      }
    }
    std::vector<std::string> paths;
  };
  static Directories directories;
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("parley_" + name + "_" + std::to_string(::getpid()));
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  directories.paths.push_back(path.string());
  return path.string();
}

}  // namespace parley
