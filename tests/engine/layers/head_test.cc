#include "engine/layers/head.h"

#include <algorithm>
#include <cmath>

#include "tests/engine/layers/layer_fixture.h"

namespace parley {
namespace {

class HeadTest : public LayerTest {
 protected:
  HeadTest()
      : dense_(RandomLinear(kDModel, kDModel)),
        output_(RandomLinear(kDModel, 7)) {
    head_.dense = std::move(dense_.linear);
    head_.output = std::move(output_.linear);
    scratch_.MakeRoomFor(head_);
  }

  // Runs rows of random numbers, and gives what is expected of them.
  Matrix Run(int num_rows) {
    const std::vector<float> values = Random(num_rows * kDModel);
    std::copy(values.begin(), values.end(), scratch_.input());
    Matrix x;
    for (int r = 0; r < num_rows; ++r) {
      x.emplace_back(values.begin() + r * kDModel,
                     values.begin() + (r + 1) * kDModel);
    }
    RunHead(head_, num_rows, scratch_);
    x = dense_.Apply(x);
    for (auto& row : x) {
      for (double& v : row) v = std::tanh(v);
    }
    return x;
  }

  Matrix Output(int num_rows) {
    Matrix rows;
    for (int r = 0; r < num_rows; ++r) {
      rows.emplace_back(scratch_.output() + r * 7,
                        scratch_.output() + (r + 1) * 7);
    }
    return rows;
  }

  TestLinear dense_;
  TestLinear output_;
  HeadWeights head_;
  HeadScratch scratch_;
};

TEST_F(HeadTest, EqualsItsDefinition) {
  for (const int num_rows : {1, 3, 32}) {
    const Matrix inner = Run(num_rows);
    ExpectNear(Output(num_rows), output_.Apply(inner));
  }
}

TEST_F(HeadTest, WithANormBetween) {
  head_.norm = RandomNorm();
  const Matrix inner = Run(5);
  const Matrix zeros(5, std::vector<double>(kDModel));
  ExpectNear(Output(5), output_.Apply(AddNorm(*head_.norm, inner, zeros)));
}

TEST_F(HeadTest, ScratchHasRoomForTheWidestHead) {
  HeadWeights wide;
  wide.dense = RandomLinear(kDModel, 20).linear;
  wide.output = RandomLinear(20, 50).linear;
  scratch_.MakeRoomFor(wide);
  scratch_.MakeRoomFor(head_);
  // The sanitizers watch the far end.
  std::fill_n(scratch_.output(), HeadScratch::kMaxRows * 50, 1.0f);
  std::fill_n(scratch_.input(), HeadScratch::kMaxRows * kDModel, 1.0f);
  RunHead(wide, HeadScratch::kMaxRows, scratch_);
  EXPECT_EQ(Output(1)[0].size(), 7u);
}

}  // namespace
}  // namespace parley
