// A step takes no memory but for the results that it hands out: what it wants
// was taken when the model was loaded, by each thread in its first step, and
// when the task was admitted.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "engine/layers/thread_team.h"
#include "engine/runtime/encoder_engine.h"
#include "engine/runtime/loader.h"
#include "gtest/gtest.h"
#include "tests/engine/models/golden_encoder.h"
#include "tests/engine/runtime/run_tasks.h"

namespace {

std::atomic<int> num_allocations = 0;

void* Allocate(std::size_t size, std::size_t alignment) {
  ++num_allocations;
  // A size that is no multiple of the alignment is none that it takes.
  void* memory =
      std::aligned_alloc(alignment, (size + alignment) / alignment * alignment);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

// Those for arrays, and those that do not throw, call these.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return Allocate(size, alignof(std::max_align_t));
}
[[gnu::noinline]] void* operator new(std::size_t size,
                                     std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory,
                                       std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t,
                                       std::align_val_t) noexcept {
  std::free(memory);
}

namespace parley {
namespace {

LoadedModel LoadDemo(ComputeType type) {
  auto model = LoadModel("models/demo",
                         {.compute_type = type,
                          .num_threads = 2,
                          .kv_cache_bytes = 16 << 20,
                          .max_rows = 64},
                         [](absl::string_view, double) {});
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

Task MakeTask(int num_beams) {
  Task task;
  task.source_ids = {10, 200, 3000, 17, 5, 0};
  task.search.num_beams = num_beams;
  task.search.num_hypotheses = num_beams;
  task.search.max_new_tokens = 60;
  return task;
}

// Greedy, in beams, drawn, and from few tokens only.
std::vector<Task> Tasks() {
  std::vector<Task> tasks;
  for (const int num_beams : {1, 2, 4, 5, 8}) {
    tasks.push_back(MakeTask(num_beams));
    tasks.push_back(MakeTask(num_beams));
    tasks.back().search.min_new_tokens = 59;
  }
  tasks.push_back(MakeTask(1));
  tasks.back().search.sampling.emplace();
  tasks.push_back(MakeTask(4));
  for (TokenId token = 0; token < 900; token += 3) {
    tasks.back().target_tokens.push_back(token);
  }
  return tasks;
}

class StepAllocationTest : public testing::TestWithParam<ComputeType> {};

// How often the steps of all tasks take memory, but for those that hand out
// what is finished, which is new.
int AllocationsOfTranslations(Engine& engine) {
  TaskId id = 0;
  for (const Task& task : Tasks()) EXPECT_TRUE(engine.Admit(id++, task).ok());
  StepResult result;
  int num_steps = 0;
  int num_taken = 0;
  while (engine.num_tasks() > 0) {
    const int before = num_allocations;
    EXPECT_TRUE(engine.Step({.max_encoder_tokens = 4096}, &result).ok());
    if (!result.finished.empty()) continue;
    num_taken += num_allocations - before;
    ++num_steps;
  }
  EXPECT_GT(num_steps, 30);
  return num_taken;
}

TEST_P(StepAllocationTest, TranslationTakesNoMemory) {
  const LoadedModel model = LoadDemo(GetParam());
  Engine& engine = *model.engines[0];
  // A thread takes its scratch with its first work of a kind, which another may
  // have taken over from it in the run before.
  int num_taken = 0;
  for (int run = 0; run < 10; ++run) {
    num_taken = AllocationsOfTranslations(engine);
    if (num_taken == 0) break;
  }
  EXPECT_EQ(num_taken, 0);
  // It does count.
  const int before = num_allocations;
  ASSERT_TRUE(engine.Admit(0, MakeTask(1)).ok());
  EXPECT_GT(num_allocations, before);
}

INSTANTIATE_TEST_SUITE_P(ComputeTypes, StepAllocationTest,
                         testing::Values(ComputeType::kF32,
                                         ComputeType::kInt8));

// How often memory is taken for the vectors of so many texts.
int AllocationsOfResults(int num_texts) {
  const int before = num_allocations;
  std::vector<FinishedTask> finished;
  for (int i = 0; i < num_texts; ++i) {
    finished.push_back({.result = {.encoded = {.values = {1.0f}}}});
  }
  return num_allocations - before;
}

// How often a step takes memory for so many texts of a few lengths.
int AllocationsOfStep(Engine& engine, int num_texts) {
  for (int i = 0; i < num_texts; ++i) {
    Task task;
    task.source_ids.assign(7 + i % 13, 3 + i % 4);
    EXPECT_TRUE(engine.Admit(i, std::move(task)).ok());
  }
  StepResult result;
  const int before = num_allocations;
  EXPECT_TRUE(engine.Step({.max_encoder_tokens = 4096}, &result).ok());
  const int in_step = num_allocations - before;
  EXPECT_EQ(result.finished.size(), static_cast<size_t>(num_texts));
  return in_step;
}

class EncoderAllocationTest : public testing::TestWithParam<std::string> {};

TEST_P(EncoderAllocationTest, EncodingTakesMemoryForResultsOnly) {
  SetTeamSize(2);
  EncoderEngine engine({.model = LoadGoldenEncoder(GetParam()),
                        .defaults = {.pooling = {Pooling::kMean}}},
                       {.num_threads = 2});
  // By the team; then side by side, in several passes.
  for (const int num_texts : {1, 3, 90}) {
    int in_step = 0;
    // Lists grow in the first step of so many texts, and scratch when a thread
    // has its first pass of so many rows.
    for (int step = 0; step < 100; ++step) {
      in_step = AllocationsOfStep(engine, num_texts);
      if (in_step == AllocationsOfResults(num_texts)) break;
    }
    EXPECT_EQ(in_step, AllocationsOfResults(num_texts)) << num_texts;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EncoderAllocationTest,
                         testing::Values("bert-classifier",
                                         "modernbert-classifier",
                                         "mpnet-sentences"));

}  // namespace
}  // namespace parley
