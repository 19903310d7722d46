#include "engine/runtime/pooling.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "engine/kernels/vector_ops.h"

namespace parley {
namespace {

absl::Span<const float> Row(const TokenVectors& tokens, int index) {
  return {tokens.data + index * tokens.width,
          static_cast<size_t>(tokens.width)};
}

void CopyRow(const TokenVectors& tokens, int index, absl::Span<float> vector) {
  const absl::Span<const float> row = Row(tokens, index);
  std::copy(row.begin(), row.end(), vector.begin());
}

// The greatest of each dimension; NaN where one is.
void TakeMax(const TokenVectors& tokens, absl::Span<float> vector) {
  CopyRow(tokens, tokens.num_skipped, vector);
  for (int i = tokens.num_skipped + 1; i < tokens.num_tokens; ++i) {
    const absl::Span<const float> row = Row(tokens, i);
    for (size_t d = 0; d < vector.size(); ++d) {
      if (row[d] > vector[d] || std::isnan(row[d])) vector[d] = row[d];
    }
  }
}

// The sum of the vectors, each times its weight, over `divisor`.
template <typename Weight>
void Average(const TokenVectors& tokens, Weight weight, float divisor,
             absl::Span<float> vector) {
  std::fill(vector.begin(), vector.end(), 0.0f);
  for (int i = tokens.num_skipped; i < tokens.num_tokens; ++i) {
    kernels::ScaleAdd(Row(tokens, i), weight(i), vector, vector);
  }
  for (float& value : vector) value /= divisor;
}

}  // namespace

void Pool(Pooling pooling, const TokenVectors& tokens,
          absl::Span<float> vector) {
  PARLEY_CHECK(tokens.num_skipped < tokens.num_tokens) << tokens.num_skipped;
  const auto count = static_cast<float>(tokens.num_tokens - tokens.num_skipped);
  const auto one = [](int) { return 1.0f; };
  switch (pooling) {
    case Pooling::kCls:
      return CopyRow(tokens, tokens.num_skipped, vector);
    case Pooling::kLastToken:
      return CopyRow(tokens, tokens.num_tokens - 1, vector);
    case Pooling::kMax:
      return TakeMax(tokens, vector);
    case Pooling::kMean:
      return Average(tokens, one, count, vector);
    case Pooling::kMeanSqrtLength:
      return Average(tokens, one, std::sqrt(count), vector);
    case Pooling::kWeightedMean: {
      float sum = 0;
      for (int i = tokens.num_skipped; i < tokens.num_tokens; ++i) {
        sum += static_cast<float>(i + 1);
      }
      return Average(
          tokens, [](int i) { return static_cast<float>(i + 1); }, sum, vector);
    }
  }
}

}  // namespace parley
