#include "engine/decoding/candidate_scan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/algorithm/container.h"
#include "base/log.h"

namespace parley {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Where the logit of `token` stands in its row.
std::optional<int64_t> PlaceOf(TokenId token, const RowQuery& query) {
  if (query.tokens.empty()) {
    if (token < 0 || token >= query.num_logits) return std::nullopt;
    return token;
  }
  const auto found =
      std::lower_bound(query.tokens.begin(), query.tokens.end(), token);
  if (found == query.tokens.end() || *found != token) return std::nullopt;
  return found - query.tokens.begin();
}

// Whether all that it overwrote were numbers below +infinity.
bool Forbid(const RowQuery& query, const LogitBlock& block) {
  bool sound = true;
  for (const TokenId token : query.constraints->forbidden) {
    const std::optional<int64_t> place = PlaceOf(token, query);
    if (!place.has_value() || *place < block.first) continue;
    const auto offset = static_cast<size_t>(*place - block.first);
    if (offset >= block.logits.size()) continue;
    sound = sound && block.logits[offset] < kInfinity;
    block.logits[offset] = -kInfinity;
  }
  return sound;
}

// Of a logit, what its last rounding may add to its error.
constexpr float kRounding = 1e-6f;

// What the logarithm of a sum of exponentials lacks because `terms` of it are
// rough.
float CorrectionOf(absl::Span<const kernels::IndexedValue> terms,
                   const RoughRow& rough, float log_sum) {
  float difference = 0;
  for (const kernels::IndexedValue& term : terms) {
    difference += std::exp(rough.logit(term.index) - log_sum) -
                  std::exp(term.value - log_sum);
  }
  return std::log1p(difference);
}

bool IsBefore(const kernels::IndexedValue& a, const kernels::IndexedValue& b) {
  return a.value != b.value ? a.value > b.value : a.index < b.index;
}

}  // namespace

CandidateScan::CandidateScan(const ScanSizes& sizes)
    : sizes_(sizes),
      max_(int64_t{sizes.max_rows} * sizes.num_blocks),
      sum_(max_.size()),
      tops_(int64_t{sizes.num_threads} * sizes.max_rows) {}

void CandidateScan::Start(int num_rows) {
  PARLEY_CHECK(num_rows <= sizes_.max_rows) << num_rows;
  for (int thread = 0; thread < sizes_.num_threads; ++thread) {
    for (int row = 0; row < num_rows; ++row) TopOf(thread, row).count = 0;
  }
}

void CandidateScan::Take(int row, const RowQuery& query,
                         const LogitBlock& block) {
  const RowConstraints& constraints = *query.constraints;
  // Renormalising twice is normalising once over what is left in the end.
  const bool sound = !constraints.renormalize || Forbid(query, block);
  const kernels::ExpSum sum = kernels::SumOfExp(block.logits);
  const int64_t place = int64_t{row} * sizes_.num_blocks + block.index;
  max_[place] = sum.max;
  sum_[place] = sound ? sum.sum : std::numeric_limits<float>::quiet_NaN();
  if (constraints.forced >= 0) return;
  if (!constraints.renormalize) Forbid(query, block);

  Top& top = TopOf(block.thread, row);
  const int num_kept = NumKept(query);
  const bool full = top.count == num_kept;
  // Most blocks hold nothing of interest.
  if (full && (top.count == 0 || sum.max <= top.logits[top.count - 1].value)) {
    return;
  }
  top.count =
      kernels::InsertTop(block.logits, static_cast<int32_t>(block.first),
                         top.count, absl::MakeSpan(top.logits).first(num_kept));
}

int CandidateScan::NumWanted(const RowQuery& query) {
  return query.is_rough ? std::max(query.num_candidates, kFullTerms)
                        : query.num_candidates;
}

int CandidateScan::NumKept(const RowQuery& query) {
  return NumWanted(query) + (query.is_rough ? kMoreKept : 0);
}

CandidateScan::Top CandidateScan::Merge(int row, int capacity) {
  Top merged = TopOf(0, row);
  for (int thread = 1; thread < sizes_.num_threads; ++thread) {
    const Top& other = TopOf(thread, row);
    std::array<kernels::IndexedValue, 2 * kMaxKept> both;
    const auto end =
        std::merge(merged.logits.begin(), merged.logits.begin() + merged.count,
                   other.logits.begin(), other.logits.begin() + other.count,
                   both.begin(), IsBefore);
    merged.count = std::min(capacity, static_cast<int>(end - both.begin()));
    std::copy_n(both.begin(), merged.count, merged.logits.begin());
  }
  return merged;
}

CandidateScan::Top CandidateScan::Refine(const RowQuery& query,
                                         const RoughRow& rough,
                                         const Top& greatest) {
  const int num_wanted = NumWanted(query);
  Top refined;
  if (greatest.count > num_wanted) {
    // What is below cannot be among those wanted.
    const float least = greatest.logits[num_wanted - 1].value;
    const float rounding = std::abs(least) * kRounding;
    const float floor = least - 2 * rough.max_error - rounding;
    const auto is_possible = [floor](const kernels::IndexedValue& logit) {
      return logit.value >= floor;
    };
    refined.count =
        static_cast<int>(absl::c_count_if(greatest.span(), is_possible));
    // Then there may be others that are.
    if (refined.count == NumKept(query)) return LookAtAll(query, rough);
  } else {
    refined.count = greatest.count;
  }
  for (int i = 0; i < refined.count; ++i) {
    const int32_t index = greatest.logits[i].index;
    refined.logits[i] = {.index = index, .value = rough.logit(index)};
  }
  std::sort(refined.logits.begin(), refined.logits.begin() + refined.count,
            IsBefore);
  refined.count = std::min(refined.count, num_wanted);
  return refined;
}

CandidateScan::Top CandidateScan::LookAtAll(const RowQuery& query,
                                            const RoughRow& rough) {
  std::array<float, 512> logits;
  Top top;
  for (int64_t first = 0; first < query.num_logits;
       first += std::ssize(logits)) {
    const auto count = static_cast<size_t>(
        std::min<int64_t>(std::ssize(logits), query.num_logits - first));
    for (size_t i = 0; i < count; ++i) {
      logits[i] = rough.logit(first + static_cast<int64_t>(i));
    }
    const LogitBlock block = {.first = first,
                              .logits = absl::MakeSpan(logits).first(count)};
    Forbid(query, block);
    top.count =
        kernels::InsertTop(block.logits, static_cast<int32_t>(first), top.count,
                           absl::MakeSpan(top.logits).first(NumWanted(query)));
  }
  return top;
}

int CandidateScan::Finish(int row, const RowQuery& query, int num_blocks,
                          const RoughRow* rough,
                          absl::Span<Candidate> candidates) {
  const int64_t place = int64_t{row} * sizes_.num_blocks;
  const auto count = static_cast<size_t>(num_blocks);
  float log_sum =
      kernels::LogOfExpSums({&max_[place], count}, {&sum_[place], count});
  if (!std::isfinite(log_sum) || candidates.empty()) return 0;
  if (const TokenId forced = query.constraints->forced; forced >= 0) {
    // Its own logit does not matter, but a broken row must not pass for sound.
    if (!PlaceOf(forced, query).has_value()) return 0;
    candidates[0] = {.token = forced, .log_prob = 0.0f};
    return 1;
  }
  Top top = Merge(row, NumKept(query));
  if (rough != nullptr) {
    log_sum += CorrectionOf(top.span().first(std::min(top.count, kFullTerms)),
                            *rough, log_sum);
    top = Refine(query, *rough, top);
  }
  const int num_found = std::min(top.count, query.num_candidates);
  for (int i = 0; i < num_found; ++i) {
    // Rounding may leave a little more than certainty.
    const float log_prob = std::min(top.logits[i].value - log_sum, 0.0f);
    // Beyond the range of floats; so is all that follows.
    if (!std::isfinite(log_prob)) return i;
    const int32_t index = top.logits[i].index;
    candidates[i] = {
        .token = query.tokens.empty() ? index : query.tokens[index],
        .log_prob = log_prob};
  }
  return num_found;
}

}  // namespace parley
