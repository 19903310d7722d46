#include "engine/layers/residual.h"

#include <algorithm>

#include "tests/engine/layers/layer_fixture.h"

namespace parley {
namespace {

using ResidualTest = LayerTest;

TEST_F(ResidualTest, AddsThenNormalizes) {
  const NormWeights norm = RandomNorm();
  const Matrix hidden = RandomHidden(5);
  const std::vector<float> delta = Random(5 * kDModel);
  std::copy(delta.begin(), delta.end(), activations_.delta());
  Matrix delta_rows;
  for (int r = 0; r < 5; ++r) {
    delta_rows.emplace_back(delta.begin() + r * kDModel,
                            delta.begin() + (r + 1) * kDModel);
  }
  AddAndNormalize(norm, 5, activations_);
  ExpectNear(Hidden(5), AddNorm(norm, hidden, delta_rows));
}

TEST_F(ResidualTest, LeavesOtherRowsAlone) {
  const Matrix hidden = RandomHidden(3);
  AddAndNormalize(RandomNorm(), 2, activations_);
  EXPECT_EQ(Hidden(3)[2], hidden[2]);
}

}  // namespace
}  // namespace parley
