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

}  // namespace
}  // namespace parley
