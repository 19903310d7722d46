// The default embedding model against sentence-transformers, from token ids:
// tests/goldens/encoder/all-MiniLM-L6-v2.jsonl.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernels/packed/product.h"
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

std::unique_ptr<EncoderEngine> CreateEngine(kernels::Precision precision) {
  SetTeamSize(2);
  auto file = JsonFile::Read(std::string(kModel) + "/config.json");
  EXPECT_TRUE(file.ok()) << file.status();
  auto config = ReadEncoderConfig(*file);
  EXPECT_TRUE(config.ok()) << config.status();
  auto weights = OpenModelWeights(kModel);
  EXPECT_TRUE(weights.ok()) << weights.status();
  auto model =
      LoadEncoder(*config, std::move(*weights), {.precision = precision});
  EXPECT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->num_parameters, 22713216);
  EXPECT_TRUE(model->unknown_tensors.empty());
  return std::make_unique<EncoderEngine>(
      EncoderEngineParts{
          .model = std::make_unique<const EncoderModel>(std::move(*model)),
          .defaults = {.pooling = {Pooling::kMean}}},
      LoadOptions{.num_threads = 2});
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

std::vector<Json> ReadRows() {
  std::vector<Json> rows;
  std::ifstream file("tests/goldens/encoder/all-MiniLM-L6-v2.jsonl");
  for (std::string line; std::getline(file, line);) {
    rows.push_back(Json::parse(line));
  }
  EXPECT_EQ(rows.size(), 118u);
  return rows;
}

// With sums of 8-bit and 16-bit numbers, the mean over all texts.
TEST(EncoderGoldenTest, VectorsOfLesserPrecisionsAreClose) {
  const std::vector<Json> rows = ReadRows();
  std::vector<Task> tasks;
  for (const Json& row : rows) {
    tasks.push_back({.source_ids = row.at("token_ids")});
  }
  // AVX2 without VNNI has 7 bits for activations.
  const bool has_eight_bits =
      kernels::BestPackedKernels().activation_levels == 255;
  for (const auto& [precision, least_mean] :
       {std::pair{kernels::Precision::kBF16, 0.9999},
        {kernels::Precision::kInt8, has_eight_bits ? 0.999 : 0.997}}) {
    if (!kernels::Supports(precision)) continue;
    const auto engine = CreateEngine(precision);
    const auto results = RunAnyTasks(*engine, tasks);
    double sum = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const std::vector<double> expected = rows[i].at("mean_normalized");
      const std::vector<double> actual = Normalized(results[i].encoded.values);
      for (size_t k = 0; k < expected.size(); ++k) {
        sum += actual[k] * expected[k];
      }
    }
    EXPECT_GE(sum / rows.size(), least_mean);
    RecordProperty(precision == kernels::Precision::kInt8 ? "int8" : "bf16",
                   std::to_string(sum / rows.size()));
  }
}

TEST(EncoderGoldenTest, AVectorIsTheSameBitsAloneAndAmong63Others) {
  std::vector<Task> tasks;
  for (const Json& row : ReadRows()) {
    tasks.push_back({.source_ids = row.at("token_ids")});
  }
  tasks.resize(64);
  for (const kernels::Precision precision :
       {kernels::Precision::kF32, kernels::Precision::kBF16,
        kernels::Precision::kInt8}) {
    if (!kernels::Supports(precision)) continue;
    const auto engine = CreateEngine(precision);
    const auto together = RunAnyTasks(*engine, tasks);
    for (size_t i = 0; i < tasks.size(); ++i) {
      EXPECT_EQ(RunAnyTasks(*engine, {tasks[i]})[0].encoded.values,
                together[i].encoded.values)
          << i;
    }
  }
}

TEST(EncoderGoldenTest, VectorsOfTheDefaultModel) {
  ASSERT_TRUE(std::filesystem::exists(kModel))
      << kModel << " is missing: run tools/setup.sh";
  const auto engine = CreateEngine(kernels::Precision::kF32);
  const std::vector<Json> rows = ReadRows();
  std::vector<Task> tasks;
  for (const Json& row : rows) {
    Task task = {.source_ids = row.at("token_ids")};
    tasks.push_back(task);
    task.encode.pooling = {Pooling::kCls};
    tasks.push_back(task);
  }
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
