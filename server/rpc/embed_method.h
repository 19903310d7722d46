// What an Embed request is made of, alone or on a stream.
#ifndef PARLEY_SERVER_RPC_EMBED_METHOD_H_
#define PARLEY_SERVER_RPC_EMBED_METHOD_H_

#include "server/pipeline/embedding/embed.h"
#include "server/rpc/embed_messages.h"
#include "server/rpc/pipeline_call.h"

namespace parley {

constexpr PipelineMethod<v1::EmbedRequest, v1::EmbedResponse, EmbedCall,
                         EmbedReply>
EmbedMethod(Method method) {
  return {method, &ToEmbedCall, &Embed, &ToEmbedResponse};
}

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_EMBED_METHOD_H_
