// What a Translate request is made of, alone or on a stream.
#ifndef PARLEY_SERVER_RPC_TRANSLATE_METHOD_H_
#define PARLEY_SERVER_RPC_TRANSLATE_METHOD_H_

#include "server/pipeline/translate.h"
#include "server/rpc/pipeline_call.h"
#include "server/rpc/translate_messages.h"

namespace parley {

constexpr PipelineMethod<v1::TranslateRequest, v1::TranslateResponse,
                         TranslateCall, TranslateReply>
TranslateMethod(Method method) {
  return {method, &ToTranslateCall, &Translate, &ToTranslateResponse};
}

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_TRANSLATE_METHOD_H_
