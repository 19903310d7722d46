// Engines that share one set of weights, each on a thread of its own.
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/runtime/loader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

constexpr char kDemo[] = "models/demo";
constexpr char kMiniLm[] = ".deps/models/all-MiniLM-L6-v2";

LoadedModel Load(const std::string& directory, ComputeType type,
                 int num_replicas) {
  auto model = LoadModel(directory,
                         {.compute_type = type,
                          .num_threads = 2,
                          .num_replicas = num_replicas,
                          .kv_cache_bytes = 16 << 20,
                          .max_rows = 64},
                         [](absl::string_view, double) {});
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

std::vector<TokenId> RandomIds(int length, std::mt19937* random) {
  std::vector<TokenId> ids;
  for (int i = 0; i < length; ++i) ids.push_back(5 + (*random)() % 7000);
  return ids;
}

// Of all lengths, so that products of all row counts meet.
std::vector<Task> Sentences(int count) {
  std::mt19937 random(1);
  std::vector<Task> tasks;
  for (int i = 0; i < count; ++i) {
    Task& task = tasks.emplace_back();
    task.source_ids = RandomIds(1 + random() % 25, &random);
    task.source_ids.push_back(0);
    task.search.num_beams = 1 + random() % 5;
    task.search.max_new_tokens = 5 + random() % 12;
    if (i % 4 == 0) {
      // Its product is made when it is admitted.
      task.target_tokens = {0};
      for (TokenId token = 1; token < 700; ++token) {
        task.target_tokens.push_back(token + static_cast<TokenId>(i));
      }
    }
  }
  return tasks;
}

std::vector<Task> Texts(int count) {
  std::mt19937 random(2);
  std::vector<Task> tasks;
  for (int i = 0; i < count; ++i) {
    tasks.push_back({.source_ids = RandomIds(1 + random() % 60, &random)});
  }
  return tasks;
}

// All numbers of a task's result.
std::vector<float> NumbersOf(const TaskResult& result) {
  std::vector<float> numbers = result.encoded.values;
  for (const Hypothesis& hypothesis : result.hypotheses) {
    numbers.insert(numbers.end(), hypothesis.token_ids.begin(),
                   hypothesis.token_ids.end());
    numbers.insert(numbers.end(), hypothesis.token_log_probs.begin(),
                   hypothesis.token_log_probs.end());
  }
  return numbers;
}

// In groups that end with a task's number modulo `stride`, other ones for each
// thread: no company is the same. Empty where the engine fails.
std::vector<std::vector<float>> RunGroups(Engine& engine,
                                          const std::vector<Task>& tasks,
                                          size_t stride) {
  std::vector<std::vector<float>> numbers(tasks.size());
  StepResult result;
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (!engine.Admit(i, tasks[i]).ok()) return {};
    if (i % stride != 0 && i + 1 < tasks.size()) continue;
    while (engine.num_tasks() > 0) {
      if (!engine.Step({.max_encoder_tokens = 4096}, &result).ok()) return {};
      for (const FinishedTask& finished : result.finished) {
        numbers[finished.id] = NumbersOf(finished.result);
      }
    }
  }
  return numbers;
}

void ExpectSameBitsSideBySide(const std::string& directory, ComputeType type,
                              const std::vector<Task>& tasks) {
  const LoadedModel alone = Load(directory, type, 1);
  ASSERT_EQ(alone.engines.size(), 1u);
  const auto expected = RunGroups(*alone.engines[0], tasks, 5);
  ASSERT_EQ(expected.size(), tasks.size());
  constexpr int kReplicas = 3;
  const LoadedModel model = Load(directory, type, kReplicas);
  ASSERT_EQ(model.engines.size(), size_t{kReplicas});
  std::vector<std::vector<std::vector<float>>> found(kReplicas);
  std::vector<std::thread> threads;
  for (int replica = 0; replica < kReplicas; ++replica) {
    threads.emplace_back([&, replica] {
      for (size_t round = 0; round < 2; ++round) {
        found[replica] =
            RunGroups(*model.engines[replica], tasks, 3 + replica + round);
        if (found[replica] != expected) return;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& numbers : found) EXPECT_EQ(numbers, expected);
}

TEST(ReplicasTest, TranslateTheSameSideBySide) {
  ExpectSameBitsSideBySide(kDemo, ComputeType::kF32, Sentences(24));
  ExpectSameBitsSideBySide(kDemo, ComputeType::kInt8, Sentences(24));
}

TEST(ReplicasTest, EmbedTheSameSideBySide) {
  ExpectSameBitsSideBySide(kMiniLm, ComputeType::kF32, Texts(40));
  ExpectSameBitsSideBySide(kMiniLm, ComputeType::kInt8, Texts(40));
}

TEST(ReplicasTest, EachHasRoomOfItsOwn) {
  const LoadedModel model = Load(kDemo, ComputeType::kF32, 2);
  const Capacity empty = model.engines[0]->capacity();
  EXPECT_EQ(model.engines[1]->capacity().kv_blocks, empty.kv_blocks);
  ASSERT_TRUE(model.engines[0]->Admit(1, Sentences(1)[0]).ok());
  EXPECT_LT(model.engines[0]->capacity().kv_blocks, empty.kv_blocks);
  EXPECT_EQ(model.engines[1]->capacity().kv_blocks, empty.kv_blocks);
  // Admitted under the same number: it is an engine's own.
  EXPECT_TRUE(model.engines[1]->Admit(1, Sentences(1)[0]).ok());
}

// An engine may outlive the others.
TEST(ReplicasTest, WeightsLiveAsLongAsAnyOfThem) {
  LoadedModel model = Load(kDemo, ComputeType::kInt8, 2);
  const std::vector<Task> tasks = Sentences(3);
  const auto expected = RunGroups(*model.engines[0], tasks, 2);
  model.engines.erase(model.engines.begin());
  EXPECT_EQ(RunGroups(*model.engines[0], tasks, 2), expected);
}

}  // namespace
}  // namespace parley
