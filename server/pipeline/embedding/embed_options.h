// What a call asks of its vectors, over the model's own defaults.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_EMBED_OPTIONS_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_EMBED_OPTIONS_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/api/model.h"
#include "engine/api/task.h"
#include "server/pipeline/embedding/embed.h"
#include "server/pipeline/embedding/vectors.h"

namespace parley {

// Every field set.
struct ResolvedEmbedOptions {
  EncodeOptions encode;  // But for num_unpooled_tokens.
  VectorShape shape;
  std::string prompt;  // Empty: none.
};

// `options` where set, else `info`'s defaults. INVALID_ARGUMENT, naming field,
// value and range, where what is set is out of range or the model cannot do it.
absl::StatusOr<ResolvedEmbedOptions> ResolveEmbedOptions(
    const EmbedOptions& options, const EncoderInfo& info);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_EMBED_OPTIONS_H_
