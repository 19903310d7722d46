// The demo model against transformers: every token the same, on every text and
// under every set of options of tests/goldens/translate.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/runtime/loader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/runtime/run_tasks.h"

namespace parley {
namespace {

using Json = nlohmann::json;

constexpr double kScoreTolerance = 1e-3;

LoadedModel& Demo() {
  static LoadedModel* const model = [] {
    auto loaded = LoadModel(
        "models/demo",
        {.num_threads = 2, .kv_cache_bytes = 64 << 20, .max_rows = 128},
        [](absl::string_view, double) {});
    if (!loaded.ok()) {
      ADD_FAILURE() << loaded.status();
      std::abort();
    }
    return new LoadedModel(std::move(*loaded));
  }();
  return *model;
}

SearchOptions OptionsOf(const Json& json) {
  SearchOptions options = Demo().info.default_search;
  options.num_beams = json.value("num_beams", options.num_beams);
  options.num_hypotheses = json.value("num_return_sequences", 1);
  options.length_penalty = json.value("length_penalty", options.length_penalty);
  options.max_new_tokens = json.value("max_new_tokens", options.max_new_tokens);
  options.min_new_tokens = json.value("min_new_tokens", options.min_new_tokens);
  if (json.contains("early_stopping")) {
    options.early_stopping = json["early_stopping"] == true
                                 ? EarlyStopping::kFirst
                                 : EarlyStopping::kNever;
  }
  return options;
}

struct GoldenFile {
  SearchOptions options;
  std::vector<Json> rows;
};

GoldenFile ReadGoldens(const std::string& path) {
  std::ifstream file(path);
  GoldenFile golden;
  std::string line;
  std::getline(file, line);
  golden.options = OptionsOf(Json::parse(line).at("options"));
  while (std::getline(file, line)) golden.rows.push_back(Json::parse(line));
  return golden;
}

std::vector<std::string> GoldenPaths() {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/goldens/translate")) {
    paths.push_back(entry.path().string());
  }
  return paths;
}

void ExpectHypothesis(const Hypothesis& actual, const Json& expected,
                      int num_beams) {
  EXPECT_EQ(actual.token_ids,
            expected.at("target_ids").get<std::vector<TokenId>>());
  EXPECT_EQ(Demo().tokenizer->Decode(actual.token_ids),
            expected.at("text").get<std::string>());
  // Greedy references hold the plain sum.
  EXPECT_NEAR(num_beams == 1 ? actual.log_prob : actual.score,
              expected.at("score").get<double>(), kScoreTolerance);
}

class GoldenTest : public testing::TestWithParam<std::string> {};

TEST_P(GoldenTest, SameTokensTextsAndScores) {
  const GoldenFile golden = ReadGoldens(GetParam());
  ASSERT_GE(golden.rows.size(), 10u);
  std::vector<Task> tasks;
  for (const Json& row : golden.rows) {
    const std::string token =
        ">>" + row.at("target_language").get<std::string>() + "<<";
    const auto encoding =
        Demo().tokenizer->Encode(row.at("source").get<std::string>(), token);
    ASSERT_TRUE(encoding.ok()) << encoding.status();
    ASSERT_EQ(encoding->ids, row.at("source_ids").get<std::vector<TokenId>>());
    tasks.push_back({.source_ids = encoding->ids, .search = golden.options});
  }
  const auto results = RunTasks(*Demo().engines.front(), tasks);
  for (size_t i = 0; i < golden.rows.size(); ++i) {
    SCOPED_TRACE(golden.rows[i].at("source").get<std::string>());
    const Json& expected = golden.rows[i].at("hypotheses");
    ASSERT_EQ(results[i].size(), expected.size());
    for (size_t k = 0; k < expected.size(); ++k) {
      ExpectHypothesis(results[i][k], expected[k], golden.options.num_beams);
    }
  }
}

std::string TestName(const testing::TestParamInfo<std::string>& info) {
  std::string name = std::filesystem::path(info.param).stem().string();
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Transformers, GoldenTest,
                         testing::ValuesIn(GoldenPaths()), TestName);

}  // namespace
}  // namespace parley
