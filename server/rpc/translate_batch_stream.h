// TranslateBatchStream at the wire: many Translate requests on one stream,
// answered in order or as they come to be done.
#ifndef PARLEY_SERVER_RPC_TRANSLATE_BATCH_STREAM_H_
#define PARLEY_SERVER_RPC_TRANSLATE_BATCH_STREAM_H_

#include <memory>

#include "server/rpc/pipeline_call.h"
#include "server/rpc/request_stream.h"

namespace parley {

// Of one stream, whose first message says in which order responses come.
// `environment` outlives it.
std::unique_ptr<StreamMethod> MakeTranslateBatchStream(
    const CallEnvironment& environment);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_TRANSLATE_BATCH_STREAM_H_
