#include "bench/load/percentiles.h"

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace parley::load {
namespace {

Percentiles FromOneTo(int count) {
  Percentiles samples;
  // In no order.
  for (int i = 0; i < count; ++i) {
    samples.Add(absl::Milliseconds((i * 7919) % count + 1));
  }
  return samples;
}

TEST(PercentilesTest, AreNearestRanks) {
  const Percentiles samples = FromOneTo(1000);
  EXPECT_EQ(samples.count(), 1000);
  EXPECT_EQ(samples.At(50), absl::Milliseconds(500));
  EXPECT_EQ(samples.At(95), absl::Milliseconds(950));
  EXPECT_EQ(samples.At(99.9), absl::Milliseconds(999));
  EXPECT_EQ(samples.At(100), absl::Milliseconds(1000));
  EXPECT_EQ(samples.At(0), absl::Milliseconds(1));
}

TEST(PercentilesTest, OfFewSamplesAreAmongThem) {
  const Percentiles samples = FromOneTo(3);
  EXPECT_EQ(samples.At(50), absl::Milliseconds(2));
  EXPECT_EQ(samples.At(99), absl::Milliseconds(3));
}

TEST(PercentilesTest, CountWhatIsAddedAfterAsking) {
  Percentiles samples = FromOneTo(2);
  EXPECT_EQ(samples.At(100), absl::Milliseconds(2));
  samples.Add(absl::Milliseconds(1));
  EXPECT_EQ(samples.At(50), absl::Milliseconds(1));
  EXPECT_EQ(samples.Mean(), absl::Milliseconds(4) / 3);
}

TEST(PercentilesTest, OfNothingAreZero) {
  EXPECT_EQ(Percentiles().At(50), absl::ZeroDuration());
  EXPECT_EQ(Percentiles().Mean(), absl::ZeroDuration());
}

}  // namespace
}  // namespace parley::load
