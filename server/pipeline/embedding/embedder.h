// One call's way from items to vectors: what Embed and Similarity share.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_EMBEDDER_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_EMBEDDER_H_

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/batching/served_model.h"
#include "server/pipeline/call.h"
#include "server/pipeline/embedding/embed.h"
#include "server/pipeline/embedding/embed_options.h"
#include "server/pipeline/embedding/encode_items.h"
#include "server/pipeline/embedding/item_reader.h"

namespace parley {

// Reads items as the options of one call say, and shapes their vectors.
// Immutable; the model must outlive it.
class Embedder {
 public:
  // INVALID_ARGUMENT, naming the field, where an option is out of range or
  // does not go with the kind of `items`.
  static absl::StatusOr<Embedder> Create(const ServedModel* model,
                                         const EmbedOptions& options,
                                         const Items& items);

  // The items, with a part for each chunk. An error is one of the whole call:
  // nobody waits for it any more.
  absl::StatusOr<std::vector<EncodedItem>> Read(
      const Items& items, const CallContext& context) const;

  // The vector of an encoded part. INTERNAL where the model gave none that is
  // an answer.
  absl::StatusOr<std::vector<float>> VectorOf(ItemPart part) const;

  // The mean of the parts' vectors, weighted by their tokens of text.
  absl::StatusOr<std::vector<float>> MeanOf(
      const std::vector<ItemPart>& parts) const;

  int dimensions() const { return resolved_.shape.dimensions; }

 private:
  Embedder(ItemReader reader, ResolvedEmbedOptions resolved,
           std::optional<Chunking> chunking)
      : reader_(std::move(reader)),
        resolved_(std::move(resolved)),
        chunking_(chunking) {}

  absl::StatusOr<std::vector<EncodedItem>> ReadChunks(
      const Items& items, const CallContext& context) const;
  // INVALID_ARGUMENT where the prompt is all that there is to pool.
  absl::Status CheckPooled(const EncodedItem& item) const;

  ItemReader reader_;
  ResolvedEmbedOptions resolved_;
  std::optional<Chunking> chunking_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_EMBEDDER_H_
