#include "engine/kernels/onednn/matmul_state.h"

#include <algorithm>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "engine/kernels/onednn/prepared_matmul.h"
#include "gtest/gtest.h"

namespace parley::kernels {
namespace {

// linear_test compares what states compute; here is who has which.
class MatmulStatePoolTest : public testing::Test {
 protected:
  const PreparedMatmul prepared_{{.in_features = 16, .out_features = 8}};
  MatmulStatePool pool_{prepared_};
};

TEST_F(MatmulStatePoolTest, AThreadGetsBackWhatItGave) {
  std::unique_ptr<MatmulState> state = pool_.Take();
  const MatmulState* const first = state.get();
  pool_.GiveBack(std::move(state));
  EXPECT_EQ(pool_.Take().get(), first);
}

TEST_F(MatmulStatePoolTest, WhatIsTakenIsNobodyElses) {
  const std::unique_ptr<MatmulState> first = pool_.Take();
  const std::unique_ptr<MatmulState> second = pool_.Take();
  EXPECT_NE(first, second);
  EXPECT_NE(second, nullptr);
}

TEST_F(MatmulStatePoolTest, AnotherThreadTakesWhatIsIdle) {
  std::unique_ptr<MatmulState> state = pool_.Take();
  const MatmulState* const first = state.get();
  pool_.GiveBack(std::move(state));
  std::thread([&] { EXPECT_EQ(pool_.Take().get(), first); }).join();
}

TEST_F(MatmulStatePoolTest, MoreThanItKeepsAreDropped) {
  std::vector<std::unique_ptr<MatmulState>> states;
  for (int i = 0; i < 70; ++i) states.push_back(pool_.Take());
  std::set<const MatmulState*> given;
  for (std::unique_ptr<MatmulState>& state : states) {
    given.insert(state.get());
    pool_.GiveBack(std::move(state));
  }
  EXPECT_EQ(given.size(), 70u);
  states.clear();
  int num_known = 0;
  for (int i = 0; i < 70; ++i) {
    states.push_back(pool_.Take());
    num_known += static_cast<int>(given.count(states.back().get()));
  }
  EXPECT_GE(num_known, 64);
}

// No two threads have the same one at the same time.
TEST_F(MatmulStatePoolTest, ManyThreadsNeverShare) {
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  const dnnl::memory packed(prepared_.packed_weight(), CpuEngine());
  std::fill_n(static_cast<float*>(packed.get_data_handle()),
              prepared_.packed_weight().get_size() / sizeof(float), 0.5f);
  std::vector<int> num_wrong(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const float scale = static_cast<float>(thread + 1);
      const std::vector<float> source(16, scale);
      for (int i = 0; i < 500; ++i) {
        std::unique_ptr<MatmulState> state = pool_.Take();
        std::vector<float> y(8);
        state->Multiply({.weight = packed.get()}, source.data(), 1, y.data());
        for (const float result : y) num_wrong[thread] += result != 8 * scale;
        pool_.GiveBack(std::move(state));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(num_wrong, std::vector<int>(kThreads));
}

}  // namespace
}  // namespace parley::kernels
