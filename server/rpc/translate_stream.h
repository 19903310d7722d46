// TranslateStream at the wire: one request, told of as it is translated.
#ifndef PARLEY_SERVER_RPC_TRANSLATE_STREAM_H_
#define PARLEY_SERVER_RPC_TRANSLATE_STREAM_H_

#include "server/rpc/pipeline_call.h"
#include "server/rpc/wire/wire_call.h"

namespace parley {

// Answers a call, inside the gate until it has ended. What is new of a text
// while the peer takes other messages is put into that text's next delta: the
// engine never waits, and what waits for the peer is never more than the
// answer. The call ends with the status of Translate, after the response where
// that is OK. Any thread.
void StartTranslateStream(const CallEnvironment& environment,
                          const RequestWire& wire);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_TRANSLATE_STREAM_H_
