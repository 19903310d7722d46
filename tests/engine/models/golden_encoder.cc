#include "tests/engine/models/golden_encoder.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "engine/layers/thread_team.h"
#include "engine/models/encoder_tensors.h"
#include "engine/models/modern_bert_tensors.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

constexpr char kFolder[] = "tests/goldens/encoder";

template <typename T>
T ValueOrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status();
    std::abort();
  }
  return *std::move(value);
}

}  // namespace

std::vector<std::string> GoldenEncoders() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    // Those without references by token ids are for tests from texts.
    if (std::filesystem::exists(entry.path() / "references.jsonl")) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string GoldenEncoderPath(const std::string& name) {
  return std::string(kFolder) + "/" + name;
}

EncoderConfig GoldenEncoderConfig(const std::string& name) {
  const JsonFile file =
      ValueOrDie(JsonFile::Read(GoldenEncoderPath(name) + "/config.json"));
  return ValueOrDie(ReadEncoderConfig(file));
}

std::unique_ptr<const EncoderModel> LoadGoldenEncoder(const std::string& name) {
  SetTeamSize(2);
  EncoderModel model = ValueOrDie(
      LoadEncoder(GoldenEncoderConfig(name),
                  ValueOrDie(OpenModelWeights(GoldenEncoderPath(name))), {}));
  return std::make_unique<const EncoderModel>(std::move(model));
}

TensorMap GoldenEncoderTensors(const std::string& name) {
  SetTeamSize(2);
  const EncoderConfig config = GoldenEncoderConfig(name);
  return ValueOrDie(TensorMap::Bind(
      config.family == EncoderFamily::kModernBert ? ModernBertTensors(config)
                                                  : EncoderTensors(config),
      ValueOrDie(OpenModelWeights(GoldenEncoderPath(name)))));
}

std::vector<nlohmann::json> GoldenEncoderRows(const std::string& name) {
  std::ifstream file(GoldenEncoderPath(name) + "/references.jsonl");
  std::vector<nlohmann::json> rows;
  std::string line;
  while (std::getline(file, line)) rows.push_back(nlohmann::json::parse(line));
  EXPECT_FALSE(rows.empty()) << name;
  return rows;
}

}  // namespace parley
