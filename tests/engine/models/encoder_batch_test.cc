#include "engine/models/encoder_batch.h"

#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int> PositionsOf(const EncoderBatch& batch) {
  std::vector<int> positions;
  for (const TokenInSegment& token : batch.tokens()) {
    positions.push_back(token.position);
  }
  return positions;
}

TEST(EncoderBatchTest, SequencesStandOneBehindTheOther) {
  EncoderBatch batch(16);
  batch.Append({7, 8, 9});
  batch.Append({5});
  batch.Append({4, 4});
  EXPECT_EQ(batch.num_rows(), 6);
  ASSERT_EQ(batch.sequences().size(), 3u);
  EXPECT_EQ(batch.sequences()[0].begin, 0);
  EXPECT_EQ(batch.sequences()[0].length, 3);
  EXPECT_EQ(batch.sequences()[1].begin, 3);
  EXPECT_EQ(batch.sequences()[1].length, 1);
  EXPECT_EQ(batch.sequences()[2].begin, 4);
  EXPECT_EQ(batch.sequences()[2].length, 2);
  std::vector<int32_t> ids;
  for (const TokenInSegment& token : batch.tokens()) ids.push_back(token.id);
  EXPECT_THAT(ids, ElementsAre(7, 8, 9, 5, 4, 4));
  EXPECT_THAT(PositionsOf(batch), ElementsAre(0, 1, 2, 0, 0, 1));
}

TEST(EncoderBatchTest, PaddingTokensShareAPosition) {
  EncoderBatch batch(16);
  batch.Append({7, 1, 8, 1, 9}, {}, 1);
  EXPECT_THAT(PositionsOf(batch), ElementsAre(2, 1, 3, 1, 4));
}

TEST(EncoderBatchTest, SegmentsAreZeroUnlessGiven) {
  EncoderBatch batch(16);
  batch.Append({7, 8});
  batch.Append({7, 8, 9}, {0, 1, 1});
  std::vector<int> segments;
  for (const TokenInSegment& token : batch.tokens()) {
    segments.push_back(token.segment);
  }
  EXPECT_THAT(segments, ElementsAre(0, 0, 0, 1, 1));
}

TEST(EncoderBatchTest, ClearedItIsEmptyInTheSameMemory) {
  EncoderBatch batch(4);
  batch.Append({7, 8, 9, 10});
  const TokenInSegment* tokens = batch.tokens().data();
  batch.Clear();
  EXPECT_EQ(batch.num_rows(), 0);
  EXPECT_THAT(batch.sequences(), IsEmpty());
  batch.Append({7, 8, 9, 10});
  EXPECT_EQ(batch.tokens().data(), tokens);
  EXPECT_EQ(batch.sequences()[0].begin, 0);
}

}  // namespace
}  // namespace parley
