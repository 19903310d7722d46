// EmbedStream at the wire: many Embed requests on one stream, answered in
// order.
#ifndef PARLEY_SERVER_RPC_EMBED_STREAM_H_
#define PARLEY_SERVER_RPC_EMBED_STREAM_H_

#include <memory>

#include "server/rpc/pipeline_call.h"
#include "server/rpc/request_stream.h"

namespace parley {

// Of one stream. `environment` outlives it.
std::unique_ptr<StreamMethod> MakeEmbedStream(
    const CallEnvironment& environment);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_EMBED_STREAM_H_
