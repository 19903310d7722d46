// Cuts a text that is longer than the model's window into chunks that fit it.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_CHUNKS_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_CHUNKS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/pipeline/embedding/embed.h"
#include "server/pipeline/embedding/encode_items.h"
#include "server/pipeline/embedding/item_reader.h"

namespace parley {

// INVALID_ARGUMENT where the overlap is out of range, or leaves no room beside
// the reader's prompt.
absl::Status CheckChunking(const Chunking& chunking, const ItemReader& reader);

// The tokens of `text` in runs of as many as fit the reader's window beside
// prompt and special tokens, which each run gets anew; each run but the first
// starts overlap_tokens before the end of the one before. At least one.
absl::StatusOr<std::vector<ItemPart>> SplitIntoChunks(absl::string_view text,
                                                      const Chunking& chunking,
                                                      const ItemReader& reader);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_CHUNKS_H_
