// The vocabulary shortlist of a MarianMT model, where it has one.
#ifndef PARLEY_ENGINE_RUNTIME_MARIAN_SHORTLIST_H_
#define PARLEY_ENGINE_RUNTIME_MARIAN_SHORTLIST_H_

#include "absl/status/status.h"
#include "engine/api/model.h"
#include "engine/models/generation_config.h"
#include "engine/runtime/model_source.h"
#include "engine/tokenizer/marian_tokenizer.h"

namespace parley {

// Loads what parley.json of `source` names into `model`: shortlist, and what
// `info` says of it. End tokens and the target side's language tokens belong
// to every text's. Does nothing where parley.json names none; errors name the
// file at fault.
absl::Status AddMarianShortlist(const ModelSource& source,
                                const MarianTokenizer& tokenizer,
                                const GenerationConfig& generation,
                                LoadedModel* model);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_MARIAN_SHORTLIST_H_
