// The messages of EmbedTokens, Tokenize and Detokenize to plain structs and
// back.
#ifndef PARLEY_SERVER_RPC_TOKEN_MESSAGES_H_
#define PARLEY_SERVER_RPC_TOKEN_MESSAGES_H_

#include <string>

#include "absl/status/statusor.h"
#include "parley/v1/embedding.pb.h"
#include "server/pipeline/embedding/embed_tokens.h"
#include "server/pipeline/embedding/tokenize.h"

namespace parley {

// As those of embed_messages.h.
absl::StatusOr<EmbedTokensCall> ToEmbedTokensCall(
    v1::EmbedTokensRequest* request);
absl::StatusOr<TokenizeCall> ToTokenizeCall(v1::TokenizeRequest* request);
absl::StatusOr<DetokenizeCall> ToDetokenizeCall(v1::DetokenizeRequest* request);

v1::EmbedTokensResponse ToEmbedTokensResponse(EmbedTokensReply reply,
                                              const std::string& model_name);
v1::TokenizeResponse ToTokenizeResponse(TokenizeReply reply,
                                        const std::string& model_name);
v1::DetokenizeResponse ToDetokenizeResponse(DetokenizeReply reply,
                                            const std::string& model_name);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_TOKEN_MESSAGES_H_
