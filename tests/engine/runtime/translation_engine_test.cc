#include "engine/runtime/translation_engine.h"

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/layers/thread_team.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/models/marian_reference.h"
#include "tests/engine/models/random_marian_directory.h"
#include "tests/engine/runtime/run_tasks.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

// A row's logits by another way, for a few tokens of a few layers.
constexpr double kRecomputedTolerance = 1e-5;
constexpr TokenId kDemoVocabSize = 8004;

std::unique_ptr<MarianModel> LoadMarian(
    const std::string& directory,
    kernels::Precision precision = kernels::Precision::kF32) {
  SetTeamSize(2);
  auto model = std::make_unique<MarianModel>();
  auto config = ReadMarianConfig(directory);
  EXPECT_TRUE(config.ok()) << config.status();
  model->config = *config;
  auto file = OpenModelWeights(directory);
  EXPECT_TRUE(file.ok()) << file.status();
  auto weights = LoadMarianWeights(model->config, std::move(*file),
                                   {.precision = precision});
  EXPECT_TRUE(weights.ok()) << weights.status();
  model->weights = std::move(*weights);
  return model;
}

std::unique_ptr<TranslationEngine> CreateEngine(
    const std::string& directory, LoadOptions options,
    kernels::Precision precision = kernels::Precision::kF32) {
  options.num_threads = 2;
  auto engine =
      TranslationEngine::Create(LoadMarian(directory, precision), options);
  EXPECT_TRUE(engine.ok()) << engine.status();
  return std::move(*engine);
}

std::string RandomDirectory() {
  const std::string directory = TestDirectory("translation_engine_test");
  WriteRandomMarian(directory, {.vocab_size = 301, .decoder_vocab_size = 301});
  return directory;
}

Task MakeTask(std::vector<TokenId> source_ids, int num_beams,
              int max_new_tokens) {
  Task task;
  task.source_ids = std::move(source_ids);
  task.search.num_beams = num_beams;
  task.search.max_new_tokens = max_new_tokens;
  return task;
}

std::vector<Task> RandomTasks(int count, int vocab_size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Task> tasks;
  for (int i = 0; i < count; ++i) {
    Task& task = tasks.emplace_back();
    const int source_len = 1 + random() % 40;
    for (int t = 1; t < source_len; ++t) {
      task.source_ids.push_back(1 + random() % (vocab_size - 2));
    }
    task.source_ids.push_back(0);
    constexpr int kBeams[] = {1, 2, 3, 4, 5, 8};
    task.search.num_beams = kBeams[random() % 6];
    task.search.num_hypotheses = 1 + random() % task.search.num_beams;
    task.search.max_new_tokens = 1 + random() % 40;
    task.search.min_new_tokens = random() % (task.search.max_new_tokens + 1);
    task.search.length_penalty = 0.2f * (random() % 10);
    task.search.early_stopping = static_cast<EarlyStopping>(random() % 3);
  }
  return tasks;
}

void ExpectSameBits(const std::vector<Hypothesis>& actual,
                    const std::vector<Hypothesis>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t k = 0; k < actual.size(); ++k) {
    EXPECT_EQ(actual[k].token_ids, expected[k].token_ids);
    EXPECT_EQ(actual[k].token_log_probs, expected[k].token_log_probs);
    EXPECT_EQ(actual[k].log_prob, expected[k].log_prob);
    EXPECT_EQ(actual[k].score, expected[k].score);
    EXPECT_EQ(actual[k].finish_reason, expected[k].finish_reason);
  }
}

// Each task alone, then all in whatever company fits.
void ExpectIndependentOfCompany(TranslationEngine& engine,
                                const std::vector<Task>& tasks,
                                const RunOptions& options) {
  const auto together = RunTasks(engine, tasks, options);
  for (size_t i = 0; i < tasks.size(); ++i) {
    SCOPED_TRACE(i);
    ExpectSameBits(together[i], RunTasks(engine, {tasks[i]})[0]);
  }
}

TEST(TranslationEngineTest, ResultDoesNotDependOnItsBatch) {
  const auto engine = CreateEngine(RandomDirectory(), {.max_rows = 200});
  const auto tasks = RandomTasks(60, 301, 1);
  ExpectIndependentOfCompany(*engine, tasks, {});
}

TEST(TranslationEngineTest, ResultDoesNotDependOnItsBatchInAnyPrecision) {
  for (const kernels::Precision precision :
       {kernels::Precision::kBF16, kernels::Precision::kInt8}) {
    if (!kernels::Supports(precision)) continue;
    for (const std::string& directory :
         {RandomDirectory(), std::string("models/demo")}) {
      const auto engine = CreateEngine(directory, {.max_rows = 200}, precision);
      ExpectIndependentOfCompany(*engine, RandomTasks(40, 301, 11), {});
    }
  }
}

// Every second task may choose from few tokens only.
std::vector<Task> RestrictedTasks(int count) {
  std::vector<Task> tasks = RandomTasks(count, 301, 12);
  for (size_t i = 0; i < tasks.size(); i += 2) {
    tasks[i].target_tokens = {0};
    const TokenId step = 2 + static_cast<TokenId>(i % 5);
    for (TokenId token = 1; token < 300; token += step) {
      tasks[i].target_tokens.push_back(token);
    }
  }
  return tasks;
}

TEST(TranslationEngineTest, RestrictedTasksKeepToTheirTokensInAnyCompany) {
  for (const kernels::Precision precision :
       {kernels::Precision::kF32, kernels::Precision::kBF16,
        kernels::Precision::kInt8}) {
    if (!kernels::Supports(precision)) continue;
    const auto engine =
        CreateEngine(RandomDirectory(), {.max_rows = 200}, precision);
    const std::vector<Task> tasks = RestrictedTasks(30);
    ExpectIndependentOfCompany(*engine, tasks, {});
    const auto results = RunTasks(*engine, tasks);
    for (size_t i = 0; i < tasks.size(); i += 2) {
      const std::vector<TokenId>& allowed = tasks[i].target_tokens;
      for (const Hypothesis& hypothesis : results[i]) {
        for (const TokenId token : hypothesis.token_ids) {
          EXPECT_TRUE(
              std::binary_search(allowed.begin(), allowed.end(), token));
        }
      }
    }
  }
}

// Row counts round up, and there is room for that behind the last row too (a
// sanitizer would tell).
TEST(TranslationEngineTest, RestrictedRowsMayStandLast) {
  constexpr int kMaxRows = 544;
  const auto engine = CreateEngine(RandomDirectory(), {.max_rows = kMaxRows});
  std::vector<Task> tasks(16, MakeTask({3, 1, 4, 1, 0}, 32, 4));
  tasks.push_back(MakeTask({5, 9, 2, 0}, 23, 4));
  Task last = MakeTask({6, 5, 3, 0}, 9, 4);
  for (TokenId token = 0; token < 300; token += 3) {
    last.target_tokens.push_back(token);
  }
  tasks.push_back(last);
  const auto results = RunTasks(*engine, tasks);
  ExpectSameBits(results.back(), RunTasks(*engine, {last})[0]);
}

TEST(TranslationEngineTest, AllTokensAllowedAreNoRestriction) {
  const auto engine = CreateEngine("models/demo", {.max_rows = 64});
  std::vector<Task> tasks = RandomTasks(10, 7000, 13);
  const auto expected = RunTasks(*engine, tasks);
  for (Task& task : tasks) {
    for (TokenId token = 0; token < kDemoVocabSize; ++token) {
      task.target_tokens.push_back(token);
    }
  }
  const auto actual = RunTasks(*engine, tasks);
  for (size_t i = 0; i < tasks.size(); ++i) {
    SCOPED_TRACE(i);
    ExpectSameBits(actual[i], expected[i]);
  }
}

TEST(TranslationEngineTest, RefusesTargetTokensThatAreNoSet) {
  const auto engine = CreateEngine(RandomDirectory(), {.max_rows = 64});
  const auto message_of = [&](std::vector<TokenId> tokens) {
    Task task = MakeTask({1, 2, 0}, 1, 20);
    task.target_tokens = std::move(tokens);
    const absl::Status status = engine->Cost(task).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(message_of({0, 301}), HasSubstr("target token is 301"));
  EXPECT_THAT(message_of({-1, 0}), HasSubstr("target token is -1"));
  EXPECT_THAT(message_of({0, 5, 5}), HasSubstr("5 follows 5"));
  EXPECT_THAT(message_of({4, 5}), HasSubstr("lack the end token, 0"));
}

TEST(TranslationEngineTest, ResultDoesNotDependOnWhenOthersJoin) {
  const auto engine = CreateEngine(RandomDirectory(), {.max_rows = 64});
  const auto tasks = RandomTasks(40, 301, 2);
  ExpectIndependentOfCompany(
      *engine, tasks, {.max_admitted_per_step = 2, .max_encoder_tokens = 50});
}

TEST(TranslationEngineTest, ResultDoesNotDependOnWhoRests) {
  const auto engine = CreateEngine(RandomDirectory(), {.max_rows = 64});
  const auto tasks = RandomTasks(40, 301, 5);
  ExpectIndependentOfCompany(*engine, tasks, {.num_turns = 3});
}

TEST(TranslationEngineTest, RestingTasksAreEncodedAndKeepTheirPlace) {
  const auto engine = CreateEngine(RandomDirectory(), {.max_rows = 32});
  const std::vector<TokenId> source(30, 5);
  for (const TaskId id : {1, 2}) {
    ASSERT_TRUE(engine->Admit(id, MakeTask(source, 1, 5)).ok());
  }
  const std::vector<TaskId> resting = {2};
  StepResult result;
  ASSERT_TRUE(
      engine->Step({.max_encoder_tokens = 100, .resting = resting}, &result)
          .ok());
  EXPECT_EQ(result.num_encoder_tokens, 60);
  EXPECT_EQ(result.num_rows, 1);
  const int64_t num_free = engine->capacity().rows;
  ASSERT_TRUE(engine->Step({.max_encoder_tokens = 100}, &result).ok());
  EXPECT_EQ(result.num_encoder_tokens, 0);
  EXPECT_EQ(result.num_rows, 2);
  EXPECT_EQ(engine->capacity().rows, num_free);
}

TEST(TranslationEngineTest, DemoResultDoesNotDependOnItsBatch) {
  const auto engine = CreateEngine("models/demo", {.max_rows = 150});
  const auto tasks = RandomTasks(30, 8000, 3);
  ExpectIndependentOfCompany(*engine, tasks, {});
}

TEST(TranslationEngineTest, EvictedTasksEndWithTheSameBits) {
  const std::string directory = RandomDirectory();
  const auto roomy = CreateEngine(directory, {.max_rows = 128});
  // A slot is 2 layers x 2 x 32 floats: room for about 640 positions.
  const auto tight =
      CreateEngine(directory, {.kv_cache_bytes = 640 * 512, .max_rows = 128});
  std::vector<Task> tasks = RandomTasks(40, 301, 4);
  for (Task& task : tasks) {
    // Diverging beams, to the limit: more than is reserved.
    task.search.num_beams = 8;
    task.search.num_hypotheses = 8;
    task.search.min_new_tokens = task.search.max_new_tokens = 40;
  }
  const auto expected = RunTasks(*roomy, tasks);
  EXPECT_EQ(NumEvictions(), 0);
  const auto actual = RunTasks(*tight, tasks);
  EXPECT_GT(NumEvictions(), 0);
  const auto in_turns = RunTasks(*tight, tasks, {.num_turns = 3});
  EXPECT_GT(NumEvictions(), 0);
  for (size_t i = 0; i < tasks.size(); ++i) {
    SCOPED_TRACE(i);
    ExpectSameBits(actual[i], expected[i]);
    ExpectSameBits(in_turns[i], expected[i]);
  }
}

// The log-probabilities that were made step by step, with a cache, beams and
// company, equal those of the whole sequence computed at once in double
// precision.
TEST(TranslationEngineTest, CachedStepsEqualFullRecomputation) {
  const std::string directory = RandomDirectory();
  const auto engine = CreateEngine(directory, {.max_rows = 64});
  const auto model = LoadMarian(directory);
  const auto file = OpenModelWeights(directory);
  ASSERT_TRUE(file.ok()) << file.status();
  const MarianReference reference(model->config, **file);
  const auto tasks = RandomTasks(12, 301, 5);
  const auto results = RunTasks(*engine, tasks);
  for (size_t i = 0; i < tasks.size(); ++i) {
    const Matrix source = reference.Encode(tasks[i].source_ids);
    for (const Hypothesis& hypothesis : results[i]) {
      const int length = static_cast<int>(hypothesis.token_ids.size());
      std::vector<int> input = {300};
      input.insert(input.end(), hypothesis.token_ids.begin(),
                   hypothesis.token_ids.end() - 1);
      const Matrix logits = reference.Logits(source, input);
      for (int t = 0; t < length; ++t) {
        const bool end_is_forced = t + 1 == tasks[i].search.max_new_tokens;
        if (end_is_forced) continue;
        const bool end_is_forbidden = t < tasks[i].search.min_new_tokens;
        double sum = 0;
        for (int v = end_is_forbidden ? 1 : 0; v < 300; ++v) {
          sum += std::exp(logits[t][v]);
        }
        EXPECT_NEAR(hypothesis.token_log_probs[t],
                    logits[t][hypothesis.token_ids[t]] - std::log(sum),
                    kRecomputedTolerance);
      }
    }
  }
}

TEST(TranslationEngineTest, GreedyTakesTheBestTokenOfEachStep) {
  const std::string directory = RandomDirectory();
  const auto engine = CreateEngine(directory, {.max_rows = 64});
  const auto model = LoadMarian(directory);
  const auto file = OpenModelWeights(directory);
  ASSERT_TRUE(file.ok()) << file.status();
  const MarianReference reference(model->config, **file);
  const Task task = MakeTask({3, 1, 4, 1, 5, 9, 2, 6, 0}, 1, 20);
  const Hypothesis hypothesis = RunTasks(*engine, {task})[0][0];
  const Matrix source = reference.Encode(task.source_ids);
  std::vector<int> input = {300};
  for (size_t t = 0; t + 1 < hypothesis.token_ids.size(); ++t) {
    const std::vector<double> logits = reference.Logits(source, input).back();
    const auto best = std::max_element(logits.begin(), logits.end() - 1);
    ASSERT_EQ(hypothesis.token_ids[t], best - logits.begin());
    input.push_back(hypothesis.token_ids[t]);
  }
}

TEST(TranslationEngineTest, RemovedTaskLeavesItsRoomToOthers) {
  const auto engine = CreateEngine(RandomDirectory(), {.max_rows = 32});
  const Capacity empty = engine->capacity();
  ASSERT_TRUE(engine->Admit(7, MakeTask({1, 2, 0}, 32, 20)).ok());
  EXPECT_EQ(engine->capacity().rows, 0);
  EXPECT_TRUE(
      absl::IsResourceExhausted(engine->Admit(8, MakeTask({1, 2, 0}, 1, 20))));
  StepResult result;
  ASSERT_TRUE(engine->Step({.max_encoder_tokens = 100}, &result).ok());
  ASSERT_TRUE(engine->Step({.max_encoder_tokens = 100}, &result).ok());
  engine->Remove(7);
  engine->Remove(7);
  EXPECT_EQ(engine->num_tasks(), 0);
  EXPECT_EQ(engine->capacity().rows, empty.rows);
  EXPECT_EQ(engine->capacity().kv_blocks, empty.kv_blocks);
  EXPECT_TRUE(engine->Admit(8, MakeTask({1, 2, 0}, 1, 20)).ok());
}

TEST(TranslationEngineTest, StepWithoutTasksDoesNothing) {
  const auto engine = CreateEngine(RandomDirectory(), {.max_rows = 32});
  StepResult result;
  result.finished.emplace_back();
  EXPECT_TRUE(engine->Step({.max_encoder_tokens = 100}, &result).ok());
  EXPECT_TRUE(result.finished.empty());
}

// Every second task tells of its progress.
std::vector<Task> TellingTasks(std::vector<Task> tasks) {
  for (size_t i = 0; i < tasks.size(); i += 2) tasks[i].wants_progress = true;
  return tasks;
}

TEST(TranslationEngineTest, ProgressDoesNotDependOnItsCompany) {
  const auto engine = CreateEngine("models/demo", {.max_rows = 150});
  const std::vector<Task> tasks = TellingTasks(RandomTasks(30, 7000, 14));
  RunTasks(*engine, tasks, {.max_admitted_per_step = 3});
  const auto together = ToldTokens();
  size_t num_told = 0;
  for (size_t i = 0; i < tasks.size(); ++i) {
    SCOPED_TRACE(i);
    RunTasks(*engine, {tasks[i]});
    EXPECT_EQ(together[i], ToldTokens()[0]);
    num_told += together[i].size();
    EXPECT_TRUE(tasks[i].wants_progress || together[i].empty());
  }
  EXPECT_GT(num_told, tasks.size());
}

TEST(TranslationEngineTest, OneBeamTellsEveryTokenButTheLast) {
  const auto engine = CreateEngine("models/demo", {.max_rows = 64});
  std::vector<Task> tasks = RandomTasks(10, 7000, 15);
  for (Task& task : tasks) {
    task.wants_progress = true;
    task.search.num_beams = task.search.num_hypotheses = 1;
  }
  const auto results = RunTasks(*engine, tasks);
  for (size_t i = 0; i < tasks.size(); ++i) {
    EXPECT_EQ(ToldTokens()[i].size() + 1, results[i][0].token_ids.size());
  }
}

TEST(TranslationEngineTest, EvictedTasksDrawAndTellTheSameAnew) {
  const std::string directory = RandomDirectory();
  const auto roomy = CreateEngine(directory, {.max_rows = 128});
  const auto tight =
      CreateEngine(directory, {.kv_cache_bytes = 640 * 512, .max_rows = 128});
  std::vector<Task> tasks = TellingTasks(RandomTasks(30, 301, 16));
  for (size_t i = 0; i < tasks.size(); ++i) {
    SearchOptions& search = tasks[i].search;
    search.num_beams = search.num_hypotheses = i % 3 == 0 ? 1 : 8;
    search.min_new_tokens = search.max_new_tokens = 40;
    if (search.num_beams == 1) search.sampling = Sampling{.seed = i};
  }
  const auto expected = RunTasks(*roomy, tasks);
  const auto expected_told = ToldTokens();
  const auto actual = RunTasks(*tight, tasks);
  EXPECT_GT(NumEvictions(), 0);
  EXPECT_EQ(ToldTokens(), expected_told);
  for (size_t i = 0; i < tasks.size(); ++i) {
    SCOPED_TRACE(i);
    ExpectSameBits(actual[i], expected[i]);
  }
}

// Tasks that draw, each in its own way, beside others that search.
std::vector<Task> SamplingTasks(int count, int vocab_size, unsigned seed) {
  std::vector<Task> tasks = RandomTasks(count, vocab_size, seed);
  std::mt19937 random(seed);
  for (Task& task : tasks) {
    if (task.search.num_beams > 2) continue;
    task.search.num_beams = task.search.num_hypotheses = 1;
    task.search.sampling =
        Sampling{.temperature = 0.25f * (1 + random() % 8),
                 .top_k = 1 + static_cast<int>(random() % 64),
                 .top_p = 0.1f * (1 + random() % 10),
                 .seed = random()};
  }
  return tasks;
}

TEST(TranslationEngineTest, WhatIsDrawnDoesNotDependOnItsCompany) {
  for (const kernels::Precision precision :
       {kernels::Precision::kF32, kernels::Precision::kInt8}) {
    const auto engine =
        CreateEngine("models/demo", {.max_rows = 150}, precision);
    const auto tasks = SamplingTasks(30, 7000, 17);
    ExpectIndependentOfCompany(*engine, tasks, {.max_admitted_per_step = 5});
  }
}

TEST(TranslationEngineTest, SeedsDrawDifferently) {
  const auto engine = CreateEngine("models/demo", {.max_rows = 64});
  std::vector<Task> tasks(20, MakeTask({5, 90, 700, 12, 0}, 1, 30));
  for (size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].search.sampling = Sampling{.temperature = 2, .seed = i / 2};
  }
  const auto results = RunTasks(*engine, tasks);
  std::set<std::vector<TokenId>> different;
  for (size_t i = 0; i < tasks.size(); i += 2) {
    ExpectSameBits(results[i], results[i + 1]);
    different.insert(results[i][0].token_ids);
  }
  EXPECT_GE(different.size(), 9u);
}

TEST(TranslationEngineTest, DrawnFromOneTokenIsGreedy) {
  const auto engine = CreateEngine("models/demo", {.max_rows = 64});
  std::vector<Task> tasks = RandomTasks(20, 7000, 18);
  for (Task& task : tasks) {
    task.search.num_beams = task.search.num_hypotheses = 1;
  }
  const auto expected = RunTasks(*engine, tasks);
  for (Task& task : tasks) {
    task.search.sampling = Sampling{.temperature = 3, .top_k = 1, .seed = 8};
  }
  const auto actual = RunTasks(*engine, tasks);
  for (size_t i = 0; i < tasks.size(); ++i) {
    SCOPED_TRACE(i);
    ExpectSameBits(actual[i], expected[i]);
  }
}

TEST(TranslationEngineTest, BudgetSpreadsSourcesOverSteps) {
  const auto engine = CreateEngine(RandomDirectory(), {.max_rows = 32});
  const std::vector<TokenId> source(30, 5);
  for (TaskId id = 0; id < 3; ++id) {
    ASSERT_TRUE(engine->Admit(id, MakeTask(source, 1, 5)).ok());
  }
  StepResult result;
  std::vector<size_t> finished;
  for (int step = 0; step < 8 && engine->num_tasks() > 0; ++step) {
    ASSERT_TRUE(engine->Step({.max_encoder_tokens = 10}, &result).ok());
    finished.push_back(result.finished.size());
  }
  // A source above the budget is a step's only encoder work; each of the tasks
  // then takes a step for each token.
  EXPECT_EQ(std::accumulate(finished.begin(), finished.end(), size_t{0}), 3u);
  EXPECT_GE(finished.size(), 3u);
}

TEST(TranslationEngineTest, CostRefusesWhatTheModelCannotTake) {
  const auto engine = CreateEngine(RandomDirectory(), {.max_rows = 32});
  const auto expect_refused = [&](const Task& task, const char* message) {
    const absl::Status status = engine->Cost(task).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
    EXPECT_EQ(engine->Admit(1, task), status);
  };
  expect_refused(MakeTask({}, 1, 5), "the source is empty");
  expect_refused(MakeTask(std::vector<TokenId>(65, 1), 1, 5),
                 "source tokens is 65, expected 1 to 64");
  expect_refused(MakeTask({1, 301, 0}, 1, 5),
                 "source token is 301, expected 0 to 300");
  expect_refused(MakeTask({-1, 0}, 1, 5), "source token is -1");
  expect_refused(MakeTask({1, 0}, 0, 5), "num_beams is 0, expected 1 to 32");
  expect_refused(MakeTask({1, 0}, 33, 5), "num_beams is 33");
  expect_refused(MakeTask({1, 0}, 1, 0), "max_new_tokens is 0");
  expect_refused(MakeTask({1, 0}, 1, 65), "max_new_tokens is 65");
  Task task = MakeTask({1, 0}, 2, 5);
  task.search.num_hypotheses = 3;
  expect_refused(task, "num_hypotheses is 3, expected 1 to 2");
  task = MakeTask({1, 0}, 2, 5);
  task.search.min_new_tokens = 6;
  expect_refused(task, "min_new_tokens is 6, expected 0 to 5");
  task = MakeTask({1, 0}, 2, 5);
  task.search.length_penalty = std::numeric_limits<float>::quiet_NaN();
  expect_refused(task, "length_penalty");
}

TEST(TranslationEngineTest, CostRefusesWhatNeverFitsThePool) {
  const auto engine = CreateEngine(
      RandomDirectory(), {.kv_cache_bytes = 20 * 16 * 512, .max_rows = 32});
  EXPECT_TRUE(engine->Cost(MakeTask({1, 0}, 4, 64)).ok());
  const absl::Status status = engine->Cost(MakeTask({1, 0}, 8, 64)).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("--kv_cache_mb"));
}

TEST(TranslationEngineTest, PoolSmallerThanABlockIsRefused) {
  const auto engine = TranslationEngine::Create(
      LoadMarian(RandomDirectory()), {.num_threads = 2, .kv_cache_bytes = 100});
  EXPECT_TRUE(absl::IsInvalidArgument(engine.status())) << engine.status();
}

}  // namespace
}  // namespace parley
