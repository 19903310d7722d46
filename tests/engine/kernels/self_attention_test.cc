#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernels/attention.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/attention_reference.h"
#include "tests/engine/kernels/every_target.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

// Queries, keys and values of one sequence side by side, as one multiplication
// leaves them.
struct Sequence {
  Sequence(int head_dim, int length, float deviation = 1.0f)
      : head_dim(head_dim),
        length(length),
        stride(3 * head_dim + 5),
        data(RandomFloats(head_dim * 1000 + length)
                 .Normal(length * stride, 0.1f, deviation)) {}

  ConstRows query() const { return {data.data(), stride}; }
  ConstRows key() const { return {data.data() + head_dim, stride}; }
  ConstRows value() const { return {data.data() + 2 * head_dim, stride}; }

  int head_dim;
  int length;
  int64_t stride;
  std::vector<float> data;
};

std::vector<float> Attend(const Sequence& s, int64_t output_stride) {
  std::vector<float> output((s.length - 1) * output_stride + s.head_dim, -99);
  SelfAttentionHead(s.head_dim, s.length, s.query(), s.key(), s.value(),
                    {output.data(), output_stride});
  return output;
}

void ExpectAttended(const Sequence& s) {
  const int64_t output_stride = s.head_dim + 3;
  const std::vector<float> output = Attend(s, output_stride);
  std::vector<const float*> keys, values;
  for (int i = 0; i < s.length; ++i) {
    keys.push_back(s.key().data + i * s.stride);
    values.push_back(s.value().data + i * s.stride);
  }
  for (int i = 0; i < s.length; ++i) {
    const AttentionReference expected = ReferenceAttention(
        s.head_dim, s.query().data + i * s.stride, keys, values);
    for (int d = 0; d < s.head_dim; ++d) {
      ASSERT_NEAR(output[i * output_stride + d], expected.output[d],
                  expected.tolerance)
          << "query " << i << ", dimension " << d;
    }
    // Between the rows nothing is written.
    if (i + 1 < s.length) {
      ASSERT_EQ(output[i * output_stride + s.head_dim], -99);
    }
  }
}

TEST(SelfAttentionTest, EveryShortLength) {
  OnEveryTarget([] {
    for (int length = 1; length <= 70; ++length) {
      SCOPED_TRACE(length);
      ExpectAttended(Sequence(16, length));
    }
  });
}

TEST(SelfAttentionTest, EveryHeadDim) {
  OnEveryTarget([] {
    for (int head_dim : {1, 2, 3, 5, 8, 15, 17, 32, 64, 80, 96, 127, 128}) {
      SCOPED_TRACE(head_dim);
      ExpectAttended(Sequence(head_dim, 35));
    }
  });
}

TEST(SelfAttentionTest, HeadsWiderThanATile) {
  OnEveryTarget([] {
    for (int head_dim : {129, 200, 256, 300}) {
      SCOPED_TRACE(head_dim);
      ExpectAttended(Sequence(head_dim, 70));
    }
  });
}

TEST(SelfAttentionTest, LongSequences) {
  OnEveryTarget([] {
    for (int length : {127, 128, 129, 512}) {
      SCOPED_TRACE(length);
      ExpectAttended(Sequence(64, length));
    }
  });
}

TEST(SelfAttentionTest, ScoresFarApart) {
  OnEveryTarget([] {
    // Deviation 10: scores in the hundreds, most weights vanish.
    ExpectAttended(Sequence(64, 150, 10.0f));
  });
}

TEST(SelfAttentionTest, SameBitsWhereverItLies) {
  OnEveryTarget([] {
    const Sequence sequence(48, 83);
    const std::vector<float> expected = Attend(sequence, 48);
    for (size_t offset : kOffsets) {
      MisalignedCopy copy(sequence.data, offset);
      std::vector<float> output(expected.size());
      const float* data = copy.span().data();
      SelfAttentionHead(48, 83, {data, sequence.stride},
                        {data + 48, sequence.stride},
                        {data + 96, sequence.stride}, {output.data(), 48});
      EXPECT_EQ(output, expected) << offset;
    }
  });
}

TEST(SelfAttentionTest, NanInAKeyIsNotPassedOver) {
  OnEveryTarget([] {
    for (int bad : {0, 3, 40, 69}) {
      Sequence sequence(16, 70);
      sequence.data[bad * sequence.stride + 16 + 2] = std::nanf("");
      EXPECT_THAT(Attend(sequence, 16), testing::Each(testing::IsNan()));
    }
  });
}

TEST(SelfAttentionTest, EmptySequence) {
  OnEveryTarget([] { SelfAttentionHead(64, 0, {}, {}, {}, {}); });
}

}  // namespace
}  // namespace parley::kernels
