#include "engine/decoding/sampling_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/log.h"

namespace parley {
namespace {

static_assert(kMaxSampledTokens <= kMaxCandidates);

// A step of SplitMix64 (Steele et al. 2014), whose state only counts: number n
// of a stream can be had without those before it.
uint64_t Mix(uint64_t state) {
  state += 0x9E3779B97F4A7C15u;
  state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9u;
  state = (state ^ (state >> 27)) * 0x94D049BB133111EBu;
  return state ^ (state >> 31);
}

// From 0 to below 1, evenly. Seeds that differ by little have streams that
// have nothing to do with each other.
double UniformAt(uint64_t seed, int index) {
  const uint64_t bits =
      Mix(Mix(seed) + static_cast<uint64_t>(index) * 0x9E3779B97F4A7C15u);
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace

SamplingSearch::SamplingSearch(const SearchOptions& options,
                               const SearchRules& rules)
    : GreedySearch(options, rules),
      sampling_(options.sampling.value()),
      num_candidates_(std::min(sampling_.top_k, rules.vocab_size)) {
  PARLEY_CHECK(options.num_beams == 1) << options.num_beams;
  PARLEY_CHECK(sampling_.top_k >= 1 && sampling_.top_k <= kMaxSampledTokens)
      << sampling_.top_k;
  PARLEY_CHECK(std::isfinite(sampling_.temperature) &&
               sampling_.temperature > 0)
      << sampling_.temperature;
  PARLEY_CHECK(sampling_.top_p > 0 && sampling_.top_p <= 1) << sampling_.top_p;
}

absl::Status SamplingSearch::Advance(
    absl::Span<const absl::Span<const Candidate>> candidates) {
  PARLEY_CHECK(candidates.size() == 1) << candidates.size();
  absl::Span<const Candidate> drawn = candidates[0];
  if (!drawn.empty()) drawn = drawn.subspan(Draw(drawn), 1);
  return GreedySearch::Advance({&drawn, 1});
}

int SamplingSearch::Draw(absl::Span<const Candidate> candidates) const {
  // Relative to the first, which is the likeliest: it is 1, and no temperature
  // makes any of them infinite.
  std::array<double, kMaxSampledTokens> weights;
  const size_t count =
      std::min(candidates.size(), static_cast<size_t>(sampling_.top_k));
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const double lead =
        double{candidates[i].log_prob} - double{candidates[0].log_prob};
    weights[i] = std::exp(lead / double{sampling_.temperature});
    sum += weights[i];
  }
  // The likeliest whose sum reaches top_p of all.
  size_t num_kept = count;
  double kept = sum;
  if (sampling_.top_p < 1) {
    num_kept = 0;
    kept = 0;
    while (num_kept < count && kept < double{sampling_.top_p} * sum) {
      kept += weights[num_kept++];
    }
  }
  double left = UniformAt(sampling_.seed, num_steps()) * kept;
  for (size_t i = 0; i + 1 < num_kept; ++i) {
    left -= weights[i];
    if (left < 0) return static_cast<int>(i);
  }
  return static_cast<int>(num_kept) - 1;
}

}  // namespace parley
