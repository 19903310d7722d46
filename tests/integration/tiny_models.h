// Directories of tiny random models for tests over the wire, made from those of
// tests/goldens/encoder.
#ifndef PARLEY_TESTS_INTEGRATION_TINY_MODELS_H_
#define PARLEY_TESTS_INTEGRATION_TINY_MODELS_H_

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/temp_folder.h"

namespace parley {

// A tokenizer.json for the random models of tests/goldens/encoder, whose
// vocabularies are 120 large: BERT's, with a token for each of the commonest
// characters of ASCII.
inline std::string TinyTokenizerJson() {
  using nlohmann::json;
  json vocabulary;
  const auto add = [&vocabulary](const std::string& token) {
    vocabulary[token] = vocabulary.size();
  };
  json added = json::array();
  for (const char* token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    added.push_back({{"id", vocabulary.size()},
                     {"content", token},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
    add(token);
  }
  for (const char c : std::string("abcdefghijklmnopqrstuvwxyz0123456789")) {
    add(std::string(1, c));
    add(absl::StrCat("##", std::string(1, c)));
  }
  for (const char c : std::string(".,!?'-")) add(std::string(1, c));
  const auto special = [](const char* token, int type) {
    return json{{"SpecialToken", {{"id", token}, {"type_id", type}}}};
  };
  const auto sequence = [](const char* id, int type) {
    return json{{"Sequence", {{"id", id}, {"type_id", type}}}};
  };
  const auto ids = [&vocabulary](const char* token) {
    return json{
        {"id", token}, {"ids", {vocabulary[token]}}, {"tokens", {token}}};
  };
  const json single = {special("[CLS]", 0), sequence("A", 0),
                       special("[SEP]", 0)};
  json pair = single;
  pair.push_back(sequence("B", 1));
  pair.push_back(special("[SEP]", 1));
  const json tokenizer = {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", added},
      {"normalizer",
       {{"type", "BertNormalizer"},
        {"clean_text", true},
        {"handle_chinese_chars", true},
        {"strip_accents", nullptr},
        {"lowercase", true}}},
      {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single", single},
        {"pair", pair},
        {"special_tokens",
         {{"[CLS]", ids("[CLS]")}, {"[SEP]", ids("[SEP]")}}}}},
      {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
      {"model",
       {{"type", "WordPiece"},
        {"unk_token", "[UNK]"},
        {"continuing_subword_prefix", "##"},
        {"max_input_chars_per_word", 100},
        {"vocab", vocabulary}}}};
  return tokenizer.dump();
}

inline std::filesystem::path TinyModelPath(const std::string& name) {
  return std::filesystem::path("tests/goldens/encoder") / name;
}

// The random model `name` with that tokenizer, or another text in its place,
// in a folder of the test's: "name=path".
inline std::string TinyModelArgument(
    const std::string& name, const TempFolder& folder,
    const std::string& tokenizer_json = TinyTokenizerJson()) {
  namespace fs = std::filesystem;
  const fs::path target = fs::path(folder.path()) / name;
  fs::create_directories(target);
  for (const char* file : {"config.json", "model.safetensors"}) {
    EXPECT_TRUE(fs::copy_file(TinyModelPath(name) / file, target / file));
  }
  folder.Write(name + "/tokenizer.json", tokenizer_json);
  return absl::StrCat(name, "=", target.string());
}

// The same, called `as`, with all files that sentence-transformers stores.
inline std::string TinyModulesArgument(const std::string& name,
                                       const std::string& as,
                                       const TempFolder& folder) {
  namespace fs = std::filesystem;
  const fs::path target = fs::path(folder.path()) / as;
  fs::copy(TinyModelPath(name), target, fs::copy_options::recursive);
  folder.Write(as + "/tokenizer.json", TinyTokenizerJson());
  return absl::StrCat(as, "=", target.string());
}

// What transformers makes of the model's texts: references.jsonl.
inline std::vector<nlohmann::json> TinyModelRows(const std::string& name) {
  std::vector<nlohmann::json> rows;
  std::ifstream file(TinyModelPath(name) / "references.jsonl");
  for (std::string line; std::getline(file, line);) {
    rows.push_back(nlohmann::json::parse(line));
  }
  EXPECT_FALSE(rows.empty()) << name;
  return rows;
}

// A safetensors file in memory, to be changed and written again.
struct TensorFile {
  explicit TensorFile(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    uint64_t size = 0;
    std::memcpy(&size, bytes.data(), sizeof(size));
    header = nlohmann::json::parse(bytes.substr(sizeof(size), size));
    data = bytes.substr(sizeof(size) + size);
  }

  void Rename(const std::function<std::string(std::string)>& new_name) {
    nlohmann::json renamed;
    for (const auto& [name, tensor] : header.items()) {
      renamed[name == "__metadata__" ? name : new_name(name)] = tensor;
    }
    header = std::move(renamed);
  }

  // Each half of the F16 tensor becomes the one with those bits.
  void Fill(const std::string& name, uint16_t bits) {
    const nlohmann::json& tensor = header.at(name);
    EXPECT_EQ(tensor["dtype"], "F16");
    const size_t end = tensor["data_offsets"][1];
    for (size_t at = tensor["data_offsets"][0]; at < end; at += 2) {
      std::memcpy(data.data() + at, &bits, sizeof(bits));
    }
  }

  // Leaves out the tensors whose names start so; the others close up.
  void Drop(const std::vector<std::string>& beginnings) {
    nlohmann::json kept;
    std::string kept_data;
    for (auto& [name, tensor] : header.items()) {
      bool drop = false;
      for (const std::string& beginning : beginnings) {
        drop = drop || name.rfind(beginning, 0) == 0;
      }
      if (drop) continue;
      kept[name] = tensor;
      if (name == "__metadata__") continue;
      const size_t begin = tensor["data_offsets"][0];
      const size_t end = tensor["data_offsets"][1];
      kept[name]["data_offsets"] = {kept_data.size(),
                                    kept_data.size() + (end - begin)};
      kept_data += data.substr(begin, end - begin);
    }
    header = std::move(kept);
    data = std::move(kept_data);
  }

  std::string Bytes() const {
    const std::string text = header.dump();
    const uint64_t size = text.size();
    std::string bytes(sizeof(size), '\0');
    std::memcpy(bytes.data(), &size, sizeof(size));
    return bytes + text + data;
  }

  nlohmann::json header;
  std::string data;
};

}  // namespace parley

#endif  // PARLEY_TESTS_INTEGRATION_TINY_MODELS_H_
