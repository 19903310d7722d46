// Also compares every answer with what transformers and sentence-transformers
// give for the tiny models of tests/goldens/encoder.
#include "engine/runtime/encoder_engine.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/sentence_transformers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/models/golden_encoder.h"
#include "tests/engine/runtime/run_tasks.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// Single precision over a few layers, compared with torch's.
constexpr double kTolerance = 2e-5;

std::unique_ptr<EncoderEngine> CreateEngine(const std::string& name) {
  EncoderEngineParts parts = {.model = LoadGoldenEncoder(name)};
  auto sentences = ReadSentenceTransformers(GoldenEncoderPath(name));
  EXPECT_TRUE(sentences.ok()) << sentences.status();
  parts.defaults.pooling = sentences->pooling;
  auto dense =
      DenseLayers::Load(sentences->dense, sentences->pooling.size() *
                                              parts.model->config.d_model);
  EXPECT_TRUE(dense.ok()) << dense.status();
  parts.dense = std::make_shared<const DenseLayers>(*std::move(dense));
  if (!parts.dense->empty()) {
    parts.defaults.num_poolings = static_cast<int>(sentences->pooling.size());
  }
  return std::make_unique<EncoderEngine>(std::move(parts),
                                         LoadOptions{.num_threads = 2});
}

Task TaskOf(const Json& row, EncoderOutput output) {
  Task task = {.source_ids = row.at("ids").get<std::vector<TokenId>>()};
  task.encode.output = output;
  task.encode.segment_ids = row.at("segments").get<std::vector<uint8_t>>();
  return task;
}

// What a line of references asks, and the answer to it.
struct Question {
  Task task;
  std::vector<double> values;
  Json top;  // Of masked tokens: [[[id, log_prob]]].
};

// Token vectors of all layers, joined as they stand in memory.
std::vector<double> Concatenated(const Json& layers, size_t d_model) {
  std::vector<double> values;
  const size_t num_tokens = layers[0].size() / d_model;
  for (size_t token = 0; token < num_tokens; ++token) {
    for (const Json& layer : layers) {
      for (size_t d = 0; d < d_model; ++d) {
        values.push_back(layer[token * d_model + d]);
      }
    }
  }
  return values;
}

void AddHeadQuestions(const Json& row, std::vector<Question>* questions) {
  if (row.contains("labels")) {
    questions->push_back({TaskOf(row, EncoderOutput::kLabels), row["labels"]});
  }
  if (row.contains("next_sentence")) {
    questions->push_back(
        {TaskOf(row, EncoderOutput::kNextSentence), row["next_sentence"]});
  }
  if (row.contains("top")) {
    Question question = {TaskOf(row, EncoderOutput::kMaskedTokens)};
    question.task.encode.positions =
        row.at("positions").get<std::vector<int>>();
    question.task.encode.top_k = static_cast<int>(row["top"][0].size());
    question.top = row["top"];
    questions->push_back(question);
  }
}

void AddPoolingQuestions(const Json& pooled, const Task& task,
                         std::vector<Question>* questions) {
  struct Mode {
    const char* name;
    Pooling pooling;
  };
  constexpr Mode kModes[] = {{"cls", Pooling::kCls},
                             {"max", Pooling::kMax},
                             {"mean", Pooling::kMean},
                             {"mean_sqrt_len_tokens", Pooling::kMeanSqrtLength},
                             {"weightedmean", Pooling::kWeightedMean},
                             {"lasttoken", Pooling::kLastToken}};
  for (const Mode& mode : kModes) {
    for (const int skipped : {0, 1}) {
      const std::string key =
          std::string(mode.name) + "-" + std::to_string(skipped);
      if (!pooled.contains(key)) continue;
      Question question = {task, pooled[key]};
      question.task.encode.pooling = {mode.pooling};
      question.task.encode.num_unpooled_tokens = skipped;
      questions->push_back(question);
    }
  }
}

std::vector<Question> QuestionsOf(const std::string& name) {
  const size_t d_model = GoldenEncoderConfig(name).d_model;
  std::vector<Question> questions;
  for (const Json& row : GoldenEncoderRows(name)) {
    if (!row.contains("pooled")) {
      questions.push_back({TaskOf(row, EncoderOutput::kVector), row["mean"]});
    } else {
      questions.push_back(
          {TaskOf(row, EncoderOutput::kVector), row["pooled"]["own"]});
    }
    if (row.contains("hidden")) {
      const Json& layers = row["hidden"];
      Question last = {TaskOf(row, EncoderOutput::kTokenVectors),
                       layers.back()};
      questions.push_back(last);
      Question all = {last.task, Concatenated(layers, d_model)};
      for (size_t i = 0; i < layers.size(); ++i) {
        all.task.encode.layers.push_back(static_cast<int>(i));
      }
      questions.push_back(all);
      Question sum = {all.task, std::vector<double>(layers[0].size())};
      sum.task.encode.layer_join = LayerJoin::kSum;
      for (const Json& layer : layers) {
        for (size_t k = 0; k < layer.size(); ++k) {
          sum.values[k] += layer[k].get<double>();
        }
      }
      questions.push_back(sum);
    }
    AddHeadQuestions(row, &questions);
  }
  return questions;
}

std::vector<Task> TasksOf(const std::vector<Question>& questions) {
  std::vector<Task> tasks;
  for (const Question& question : questions) tasks.push_back(question.task);
  return tasks;
}

void ExpectAnswer(const EncoderResult& actual, const Question& expected) {
  ASSERT_EQ(actual.values.size(), expected.values.size());
  for (size_t k = 0; k < expected.values.size(); ++k) {
    ASSERT_NEAR(actual.values[k], expected.values[k], kTolerance) << k;
  }
  ASSERT_EQ(actual.masked_tokens.size(), expected.top.size());
  for (size_t p = 0; p < expected.top.size(); ++p) {
    const std::vector<ScoredToken>& tokens = actual.masked_tokens[p];
    ASSERT_EQ(tokens.size(), expected.top[p].size());
    for (size_t k = 0; k < tokens.size(); ++k) {
      EXPECT_EQ(tokens[k].id, expected.top[p][k][0]);
      EXPECT_NEAR(tokens[k].log_prob, expected.top[p][k][1].get<double>(),
                  kTolerance);
    }
  }
}

void ExpectSameBits(const EncoderResult& actual,
                    const EncoderResult& expected) {
  EXPECT_EQ(actual.values, expected.values);
  ASSERT_EQ(actual.masked_tokens.size(), expected.masked_tokens.size());
  for (size_t p = 0; p < expected.masked_tokens.size(); ++p) {
    ASSERT_EQ(actual.masked_tokens[p].size(), expected.masked_tokens[p].size());
    for (size_t k = 0; k < expected.masked_tokens[p].size(); ++k) {
      EXPECT_EQ(actual.masked_tokens[p][k].id, expected.masked_tokens[p][k].id);
      EXPECT_EQ(actual.masked_tokens[p][k].log_prob,
                expected.masked_tokens[p][k].log_prob);
    }
  }
}

class EveryModelTest : public testing::TestWithParam<std::string> {};

TEST_P(EveryModelTest, AnswersEqualTheReferences) {
  const auto engine = CreateEngine(GetParam());
  const std::vector<Question> questions = QuestionsOf(GetParam());
  ASSERT_GE(questions.size(), 10u);
  const auto results = RunAnyTasks(*engine, TasksOf(questions));
  for (size_t i = 0; i < questions.size(); ++i) {
    SCOPED_TRACE(i);
    ExpectAnswer(results[i].encoded, questions[i]);
  }
}

// 64 tasks at least, in another order and cut into other passes.
TEST_P(EveryModelTest, CompanyChangesNoBit) {
  const auto engine = CreateEngine(GetParam());
  std::vector<Task> tasks = TasksOf(QuestionsOf(GetParam()));
  for (size_t i = 0; tasks.size() < 64; ++i) {
    tasks.push_back(Task(tasks[i]));
  }
  std::shuffle(tasks.begin(), tasks.end(), std::mt19937(3));
  const auto together = RunAnyTasks(*engine, tasks);
  const auto in_small_steps = RunAnyTasks(
      *engine, tasks, {.max_admitted_per_step = 5, .max_encoder_tokens = 100});
  for (size_t i = 0; i < tasks.size(); ++i) {
    SCOPED_TRACE(i);
    const auto alone = RunAnyTasks(*engine, {tasks[i]});
    ExpectSameBits(together[i].encoded, alone[0].encoded);
    ExpectSameBits(in_small_steps[i].encoded, alone[0].encoded);
  }
}

std::string TestName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Transformers, EveryModelTest,
                         testing::ValuesIn(GoldenEncoders()), TestName);

TEST(EncoderEngineTest, EveryKindOfPooling) {
  EncoderEngineParts parts = {.model = LoadGoldenEncoder("mpnet-sentences"),
                              .defaults = {.pooling = {Pooling::kMean}}};
  EncoderEngine engine(std::move(parts), {.num_threads = 2});
  std::vector<Question> questions;
  for (const Json& row : GoldenEncoderRows("mpnet-sentences")) {
    AddPoolingQuestions(row["pooled"], TaskOf(row, EncoderOutput::kVector),
                        &questions);
  }
  ASSERT_GE(questions.size(), 70u);
  const auto results = RunAnyTasks(engine, TasksOf(questions));
  for (size_t i = 0; i < questions.size(); ++i) {
    SCOPED_TRACE(i);
    ExpectAnswer(results[i].encoded, questions[i]);
  }
}

TEST(EncoderEngineTest, SeveralPoolingsStandBesideEachOther) {
  const auto engine = CreateEngine("xlm-roberta-base");
  Task task = {.source_ids = {7, 8, 9}};
  task.encode.pooling = {Pooling::kMax};
  const auto max = RunAnyTasks(*engine, {task})[0].encoded.values;
  task.encode.pooling = {Pooling::kCls};
  auto expected = RunAnyTasks(*engine, {task})[0].encoded.values;
  expected.insert(expected.end(), max.begin(), max.end());
  task.encode.pooling = {Pooling::kCls, Pooling::kMax};
  EXPECT_EQ(RunAnyTasks(*engine, {task})[0].encoded.values, expected);
}

TEST(EncoderEngineTest, BudgetSpreadsTasksOverSteps) {
  const auto engine = CreateEngine("bert-classifier");
  const Task task = {.source_ids = std::vector<TokenId>(30, 5)};
  for (TaskId id = 0; id < 4; ++id) ASSERT_TRUE(engine->Admit(id, task).ok());
  StepResult result;
  std::vector<size_t> finished;
  while (engine->num_tasks() > 0) {
    // One above the budget is a step's only work.
    const int64_t budget = engine->num_tasks() > 2 ? 10 : 60;
    ASSERT_TRUE(engine->Step({.max_encoder_tokens = budget}, &result).ok());
    finished.push_back(result.finished.size());
  }
  EXPECT_THAT(finished, ElementsAre(1, 1, 2));
  ASSERT_TRUE(engine->Step({.max_encoder_tokens = 10}, &result).ok());
  EXPECT_TRUE(result.finished.empty());
}

TEST(EncoderEngineTest, CapacityIsWhatIsLeft) {
  const auto engine = CreateEngine("bert-classifier");
  const Task task = {.source_ids = std::vector<TokenId>(160, 5)};
  const int64_t empty = engine->capacity().encoder_tokens;
  EXPECT_EQ(engine->Cost(task)->encoder_tokens, 160);
  TaskId id = 0;
  while (engine->capacity().encoder_tokens >= 160) {
    ASSERT_TRUE(engine->Admit(++id, task).ok());
    EXPECT_EQ(engine->capacity().encoder_tokens,
              empty - static_cast<int64_t>(id) * 160);
  }
  EXPECT_TRUE(absl::IsResourceExhausted(engine->Admit(++id, task)));
  engine->Remove(1);
  engine->Remove(1);
  EXPECT_TRUE(engine->Admit(id, task).ok());
  StepResult result;
  ASSERT_TRUE(engine->Step({.max_encoder_tokens = 1 << 20}, &result).ok());
  EXPECT_EQ(engine->num_tasks(), 0);
  EXPECT_EQ(engine->capacity().encoder_tokens, empty);
}

TEST(EncoderEngineTest, WhatTheModelCannotTakeIsNotAdmitted) {
  const auto engine = CreateEngine("bert-classifier");
  const Task task = {.source_ids = {1, 120}};
  const absl::Status status = engine->Cost(task).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(engine->Admit(1, task), status);
  EXPECT_EQ(engine->num_tasks(), 0);
}

}  // namespace
}  // namespace parley
