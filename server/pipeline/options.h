// What a call asks of the search, over the model's own defaults.
#ifndef PARLEY_SERVER_PIPELINE_OPTIONS_H_
#define PARLEY_SERVER_PIPELINE_OPTIONS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/api/model.h"
#include "engine/api/task.h"
#include "server/pipeline/translate.h"

namespace parley {

// `options` where set, else `info`'s defaults. A default that what is set
// leaves no room for gives way: num_beams to do_sample, num_hypotheses to fewer
// beams, min_new_tokens to a lower max_new_tokens. INVALID_ARGUMENT, naming
// field, value and range, where what is set is out of range, and where an
// option of sampling is set without do_sample. A sampling's seed is yet to be
// set: see TextSeed.
absl::StatusOr<SearchOptions> ResolveSearchOptions(
    const TranslateOptions& options, const ModelInfo& info);

// The seed of one text: the call's, so that the text's translation does not
// depend on its place among others; where the call has none, a random one for
// each text, so that the same text twice is drawn twice.
uint64_t TextSeed(const TranslateOptions& options);

// The seed of piece number `index` of a text; of the first, the text's.
uint64_t PieceSeed(uint64_t text_seed, int64_t index);

// Whether the model's shortlist is to be used. INVALID_ARGUMENT where it is
// asked for and the model has none.
absl::StatusOr<bool> ResolveShortlist(const TranslateOptions& options,
                                      const ModelInfo& info);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_OPTIONS_H_
