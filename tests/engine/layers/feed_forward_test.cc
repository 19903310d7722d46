#include "engine/layers/feed_forward.h"

#include <algorithm>

#include "tests/engine/layers/layer_fixture.h"

namespace parley {
namespace {

using FeedForwardTest = LayerTest;

TEST_F(FeedForwardTest, EqualsItsDefinition) {
  TestLinear input = RandomLinear(kDModel, 20);
  TestLinear output = RandomLinear(20, kDModel);
  FeedForwardWeights weights = {.input = std::move(input.linear),
                                .output = std::move(output.linear),
                                .norm = RandomNorm()};
  for (const int num_rows : {1, 2, 7, 40}) {
    const Matrix hidden = RandomHidden(num_rows);
    FeedForward(weights, kernels::Activation::kRelu, num_rows, activations_);
    Matrix inner = input.Apply(hidden);
    for (auto& row : inner) {
      for (double& v : row) v = std::max(v, 0.0);
    }
    ExpectNear(Hidden(num_rows),
               AddNorm(weights.norm, hidden, output.Apply(inner)));
  }
}

TEST_F(FeedForwardTest, GatedEqualsItsDefinition) {
  TestLinear input = RandomLinear(kDModel, 10);
  TestLinear gate = RandomLinear(kDModel, 10);
  TestLinear output = RandomLinear(10, kDModel);
  const GatedFeedForwardWeights weights = {.input = std::move(input.linear),
                                           .gate = std::move(gate.linear),
                                           .output = std::move(output.linear)};
  for (const int num_rows : {1, 7, 40}) {
    const Matrix x = RandomHidden(num_rows);
    std::copy_n(activations_.hidden(), num_rows * kDModel,
                activations_.attended());
    GatedFeedForward(weights, kernels::Activation::kRelu, num_rows,
                     activations_);
    Matrix inner = input.Apply(x);
    const Matrix gates = gate.Apply(x);
    for (int r = 0; r < num_rows; ++r) {
      for (int i = 0; i < 10; ++i) {
        inner[r][i] = std::max(inner[r][i], 0.0) * gates[r][i];
      }
    }
    Matrix expected = output.Apply(inner);
    for (int r = 0; r < num_rows; ++r) {
      for (int i = 0; i < kDModel; ++i) expected[r][i] += x[r][i];
    }
    ExpectNear(Hidden(num_rows), expected);
  }
}

}  // namespace
}  // namespace parley
