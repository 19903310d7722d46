#include "tests/engine/decoding/toy_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "engine/kernels/wide_linear.h"

namespace parley {
namespace {

// The finalizer of SplitMix64 (Steele et al. 2014).
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

}  // namespace

std::vector<float> ToyModel::Logits(absl::Span<const TokenId> prefix) const {
  uint64_t state = Mix(seed);
  for (TokenId token : prefix) {
    state = Mix(state ^ (static_cast<uint64_t>(token) + 1));
  }
  std::vector<float> logits(vocab_size);
  for (int token = 0; token < vocab_size; ++token) {
    const uint64_t draw =
        Mix(state ^ ((static_cast<uint64_t>(token) + 1) << 32)) >> 40;
    const int centered = static_cast<int>(draw) - (1 << 23);
    logits[token] = static_cast<float>(centered) / (1 << 21) * scale;
  }
  if (end_token < vocab_size) logits[end_token] += end_bias;
  return logits;
}

SearchRules ToyRules(const ToyModel& model) {
  SearchRules rules;
  rules.vocab_size = model.vocab_size;
  rules.start_token = 0;
  rules.end_token = model.end_token;
  return rules;
}

int ScanLogits(absl::Span<float> logits, const RowConstraints& constraints,
               absl::Span<Candidate> candidates) {
  constexpr auto kBlock =
      static_cast<size_t>(kernels::WideLinear::kBlockOutputs);
  const size_t num_blocks =
      std::max<size_t>(1, (logits.size() + kBlock - 1) / kBlock);
  CandidateScan scan(
      {.max_rows = 1, .num_blocks = static_cast<int>(num_blocks)});
  const RowQuery query = {.constraints = &constraints,
                          .num_candidates = static_cast<int>(candidates.size()),
                          .num_logits = static_cast<int64_t>(logits.size())};
  scan.Start(1);
  for (size_t i = 0; i < num_blocks; ++i) {
    scan.Take(0, query,
              {.index = static_cast<int>(i),
               .first = static_cast<int64_t>(i * kBlock),
               .logits = logits.subspan(i * kBlock, kBlock)});
  }
  return scan.Finish(0, query, static_cast<int>(num_blocks), /*rough=*/nullptr,
                     candidates);
}

absl::Status Drive(const LogitsFunction& logits, Search* search) {
  std::vector<std::vector<TokenId>> prefixes = {{search->input_token(0)}};
  EXPECT_EQ(search->num_rows(), 1);
  RowConstraints constraints;
  while (!search->finished()) {
    const int num_rows = search->num_rows();
    const int num_steps = search->num_steps();
    std::vector<std::vector<Candidate>> lists(num_rows);
    std::vector<absl::Span<const Candidate>> candidates(num_rows);
    for (int row = 0; row < num_rows; ++row) {
      std::vector<float> values = logits(prefixes[row]);
      search->Constrain(row, &constraints);
      lists[row].resize(search->num_candidates());
      lists[row].resize(ScanLogits(absl::MakeSpan(values), constraints,
                                   absl::MakeSpan(lists[row])));
      candidates[row] = lists[row];
    }
    const absl::Status status = search->Advance(candidates);
    if (!status.ok()) {
      EXPECT_TRUE(search->finished());
      EXPECT_EQ(search->num_rows(), 0);
      return status;
    }
    EXPECT_EQ(search->num_rows() == 0, search->finished());
    if (!search->finished()) {
      EXPECT_EQ(search->num_steps(), num_steps + 1);
    }
    std::vector<std::vector<TokenId>> next;
    for (int row = 0; row < search->num_rows(); ++row) {
      const int parent = search->parent(row);
      if (parent < 0 || parent >= num_rows) {
        return absl::InternalError("a parent that was no row");
      }
      next.push_back(prefixes[parent]);
      next.back().push_back(search->input_token(row));
    }
    prefixes = std::move(next);
  }
  return absl::OkStatus();
}

double ReferenceLogProb(absl::Span<const float> logits,
                        const RowConstraints& constraints, TokenId token) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  if (constraints.forced >= 0) {
    return token == constraints.forced ? 0.0 : kNever;
  }
  std::vector<bool> allowed(logits.size(), true);
  for (TokenId forbidden : constraints.forbidden) {
    if (forbidden >= 0 && static_cast<size_t>(forbidden) < logits.size()) {
      allowed[forbidden] = false;
    }
  }
  if (!allowed[token]) return kNever;
  const double greatest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (constraints.renormalize && !allowed[i]) continue;
    sum += std::exp(static_cast<double>(logits[i]) - greatest);
  }
  return static_cast<double>(logits[token]) - greatest - std::log(sum);
}

}  // namespace parley
