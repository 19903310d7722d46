// The messages of Embed and Similarity to plain structs and back.
#ifndef PARLEY_SERVER_RPC_EMBED_MESSAGES_H_
#define PARLEY_SERVER_RPC_EMBED_MESSAGES_H_

#include <string>

#include "absl/status/statusor.h"
#include "parley/v1/embedding.pb.h"
#include "server/pipeline/embedding/embed.h"
#include "server/pipeline/embedding/similarity.h"

namespace parley {

// What `request` asks for, without the context; its items are moved out.
// INVALID_ARGUMENT names an enum field with a value that is none, or a field
// that does not apply; everything else is for the pipeline to check.
absl::StatusOr<EmbedCall> ToEmbedCall(v1::EmbedRequest* request);
absl::StatusOr<SimilarityCall> ToSimilarityCall(v1::SimilarityRequest* request);

// The answer of the model called `model_name`; `reply` is moved from.
v1::EmbedResponse ToEmbedResponse(EmbedReply reply,
                                  const std::string& model_name);
v1::SimilarityResponse ToSimilarityResponse(SimilarityReply reply,
                                            const std::string& model_name);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_EMBED_MESSAGES_H_
