#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
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

AttentionHead HeadOf(const Sequence& s) {
  return {.head_dim = s.head_dim,
          .length = s.length,
          .query = s.query(),
          .key = s.key(),
          .value = s.value()};
}

std::vector<float> Attend(const AttentionHead& head, int64_t output_stride) {
  std::vector<float> output((head.length - 1) * output_stride + head.head_dim,
                            -99);
  SelfAttentionHead(head, {output.data(), output_stride});
  return output;
}

void ExpectAttended(const Sequence& s, const AttentionHead& head) {
  const int64_t output_stride = s.head_dim + 3;
  const std::vector<float> output = Attend(head, output_stride);
  for (int i = 0; i < s.length; ++i) {
    std::vector<const float*> keys, values;
    std::vector<double> added;
    for (int j = 0; j < s.length; ++j) {
      if (std::abs(i - j) > head.window) continue;
      keys.push_back(s.key().data + j * s.stride);
      values.push_back(s.value().data + j * s.stride);
      added.push_back(
          head.relative_bias == nullptr ? 0.0 : head.relative_bias[i - j]);
    }
    const AttentionReference expected = ReferenceAttention(
        s.head_dim, s.query().data + i * s.stride, keys, values, added);
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

void ExpectAttended(const Sequence& s) { ExpectAttended(s, HeadOf(s)); }

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
    const std::vector<float> expected = Attend(HeadOf(sequence), 48);
    for (size_t offset : kOffsets) {
      MisalignedCopy copy(sequence.data, offset);
      std::vector<float> output(expected.size());
      const float* data = copy.span().data();
      SelfAttentionHead({.head_dim = 48,
                         .length = 83,
                         .query = {data, sequence.stride},
                         .key = {data + 48, sequence.stride},
                         .value = {data + 96, sequence.stride}},
                        {output.data(), 48});
      EXPECT_EQ(output, expected) << offset;
    }
  });
}

TEST(SelfAttentionTest, NanInAKeyIsNotPassedOver) {
  OnEveryTarget([] {
    for (int bad : {0, 3, 40, 69}) {
      Sequence sequence(16, 70);
      sequence.data[bad * sequence.stride + 16 + 2] = std::nanf("");
      EXPECT_THAT(Attend(HeadOf(sequence), 16),
                  testing::Each(testing::IsNan()));
    }
  });
}

TEST(SelfAttentionTest, RelativeBiasIsAddedByDistance) {
  OnEveryTarget([] {
    for (int length : {1, 2, 31, 33, 64, 65, 150}) {
      SCOPED_TRACE(length);
      const Sequence sequence(16, length);
      // The sanitizers watch its ends.
      std::vector<float> bias =
          RandomFloats(length).Normal(2 * length - 1, 0.0f, 2.0f);
      AttentionHead head = HeadOf(sequence);
      head.relative_bias = bias.data() + length - 1;
      ExpectAttended(sequence, head);
    }
  });
}

TEST(SelfAttentionTest, WindowHidesWhatIsFurtherAway) {
  OnEveryTarget([] {
    for (int length : {1, 5, 40, 200}) {
      for (int window : {0, 1, 7, 31, 32, 64, 65, 199}) {
        SCOPED_TRACE(testing::Message() << length << ", " << window);
        const Sequence sequence(16, length);
        AttentionHead head = HeadOf(sequence);
        head.window = window;
        ExpectAttended(sequence, head);
      }
    }
  });
}

// What is out of sight has no influence, not even on the last bit.
TEST(SelfAttentionTest, WindowReadsNothingBeyondItsTiles) {
  OnEveryTarget([] {
    Sequence sequence(16, 300);
    AttentionHead head = HeadOf(sequence);
    head.window = 10;
    const std::vector<float> expected = Attend(head, 16);
    for (int i = 16; i < 2 * 16; ++i) {
      sequence.data[299 * sequence.stride + i] = 50.0f;
    }
    const std::vector<float> actual = Attend(head, 16);
    for (int i = 0; i < 289 * 16; ++i) ASSERT_EQ(actual[i], expected[i]) << i;
  });
}

TEST(SelfAttentionTest, EmptySequence) {
  OnEveryTarget([] { SelfAttentionHead({.head_dim = 64}, {}); });
}

}  // namespace
}  // namespace parley::kernels
