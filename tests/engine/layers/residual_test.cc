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
  for (int r = 0; r < 5; ++r) AddAndNormalizeRow(norm, r, activations_);
  ExpectNear(Hidden(5), AddNorm(norm, hidden, delta_rows));
}

TEST_F(ResidualTest, LeavesOtherRowsAlone) {
  const Matrix hidden = RandomHidden(3);
  AddAndNormalizeRow(RandomNorm(), 1, activations_);
  EXPECT_EQ(Hidden(3)[0], hidden[0]);
  EXPECT_NE(Hidden(3)[1], hidden[1]);
  EXPECT_EQ(Hidden(3)[2], hidden[2]);
}

TEST_F(ResidualTest, PreNormPartsAreApart) {
  const NormWeights norm = RandomNorm();
  const Matrix hidden = RandomHidden(9);
  const std::vector<float> delta = Random(9 * kDModel);
  std::copy(delta.begin(), delta.end(), activations_.delta());
  for (int r = 0; r < 9; ++r) AddResidualRow(r, activations_);
  Matrix sum = hidden;
  for (int r = 0; r < 9; ++r) {
    for (int i = 0; i < kDModel; ++i) sum[r][i] += delta[r * kDModel + i];
  }
  ExpectNear(Hidden(9), sum);
  const Matrix zeros(9, std::vector<double>(kDModel));
  NormalizeHidden(norm, 9, activations_);
  ExpectNear(Hidden(9), sum);
  Matrix attended;
  for (int r = 0; r < 9; ++r) {
    const float* row = activations_.attended() + r * kDModel;
    attended.emplace_back(row, row + kDModel);
  }
  ExpectNear(attended, AddNorm(norm, sum, zeros));
  NormalizeInPlace(norm, 9, activations_);
  ExpectNear(Hidden(9), AddNorm(norm, sum, zeros));
}

}  // namespace
}  // namespace parley
