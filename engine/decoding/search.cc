#include "engine/decoding/search.h"

#include "engine/decoding/beam_search.h"
#include "engine/decoding/greedy_search.h"
#include "engine/decoding/sampling_search.h"

namespace parley {

std::unique_ptr<Search> CreateSearch(const SearchOptions& options,
                                     const SearchRules& rules) {
  if (options.sampling.has_value()) {
    return std::make_unique<SamplingSearch>(options, rules);
  }
  if (options.num_beams == 1) {
    return std::make_unique<GreedySearch>(options, rules);
  }
  return std::make_unique<BeamSearch>(options, rules);
}

}  // namespace parley
