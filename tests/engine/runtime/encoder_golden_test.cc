// The default embedding model against sentence-transformers, from token ids:
// tests/goldens/encoder/all-MiniLM-L6-v2.jsonl.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/layers/thread_team.h"
#include "engine/runtime/encoder_engine.h"
#include "gtest/gtest.h"
#include "tests/engine/runtime/run_tasks.h"

namespace parley {
namespace {

using Json = nlohmann::json;

constexpr char kModel[] = ".deps/models/all-MiniLM-L6-v2";
constexpr double kLeastCosine = 0.999999;
constexpr double kTolerance = 1e-5;

std::unique_ptr<EncoderEngine> CreateEngine() {
  SetTeamSize(2);
  auto file = JsonFile::Read(std::string(kModel) + "/config.json");
  EXPECT_TRUE(file.ok()) << file.status();
  auto config = ReadEncoderConfig(*file);
  EXPECT_TRUE(config.ok()) << config.status();
  auto weights = OpenModelWeights(kModel);
  EXPECT_TRUE(weights.ok()) << weights.status();
  auto model = LoadEncoder(*config, std::move(*weights), {});
  EXPECT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->num_parameters, 22713216);
  EXPECT_TRUE(model->unknown_tensors.empty());
  return std::make_unique<EncoderEngine>(EncoderEngineParts{
      .model = std::make_unique<const EncoderModel>(std::move(*model)),
      .defaults = {.pooling = {Pooling::kMean}}});
}

std::vector<double> Normalized(const std::vector<float>& vector) {
  double squares = 0;
  for (const float v : vector) squares += double{v} * v;
  std::vector<double> result(vector.begin(), vector.end());
  for (double& v : result) v /= std::sqrt(squares);
  return result;
}

void ExpectVector(const std::vector<double>& actual,
                  const std::vector<double>& expected) {
  double dot = 0, actual_squares = 0, expected_squares = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], kTolerance) << i;
    dot += actual[i] * expected[i];
    actual_squares += actual[i] * actual[i];
    expected_squares += expected[i] * expected[i];
  }
  if (expected.size() == actual.size()) {
    EXPECT_GE(dot / std::sqrt(actual_squares * expected_squares), kLeastCosine);
  }
}

TEST(EncoderGoldenTest, VectorsOfTheDefaultModel) {
  ASSERT_TRUE(std::filesystem::exists(kModel))
      << kModel << " is missing: run tools/setup.sh";
  const auto engine = CreateEngine();
  std::vector<Json> rows;
  std::vector<Task> tasks;
  std::ifstream file("tests/goldens/encoder/all-MiniLM-L6-v2.jsonl");
  for (std::string line; std::getline(file, line);) {
    rows.push_back(Json::parse(line));
    Task task = {.source_ids = rows.back().at("token_ids")};
    tasks.push_back(task);
    task.encode.pooling = {Pooling::kCls};
    tasks.push_back(task);
  }
  ASSERT_EQ(rows.size(), 118u);
  const auto results = RunAnyTasks(*engine, tasks);
  for (size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(rows[i].at("text").get<std::string>());
    ExpectVector(Normalized(results[2 * i].encoded.values),
                 rows[i].at("mean_normalized"));
    ExpectVector(Normalized(results[2 * i + 1].encoded.values),
                 rows[i].at("cls_normalized"));
  }
}

}  // namespace
}  // namespace parley
