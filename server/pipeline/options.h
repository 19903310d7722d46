// What a call asks of the search, over the model's own defaults.
#ifndef PARLEY_SERVER_PIPELINE_OPTIONS_H_
#define PARLEY_SERVER_PIPELINE_OPTIONS_H_

#include "absl/status/statusor.h"
#include "engine/api/model.h"
#include "engine/api/task.h"
#include "server/pipeline/translate.h"

namespace parley {

// `options` where set, else `info`'s defaults. A default that what is set
// leaves no room for gives way: num_hypotheses to fewer beams, min_new_tokens
// to a lower max_new_tokens. INVALID_ARGUMENT, naming field, value and range,
// where what is set is out of range.
absl::StatusOr<SearchOptions> ResolveSearchOptions(
    const TranslateOptions& options, const ModelInfo& info);

// Whether the model's shortlist is to be used. INVALID_ARGUMENT where it is
// asked for and the model has none.
absl::StatusOr<bool> ResolveShortlist(const TranslateOptions& options,
                                      const ModelInfo& info);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_OPTIONS_H_
