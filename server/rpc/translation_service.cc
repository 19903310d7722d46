#include "server/rpc/translation_service.h"

#include "server/pipeline/translate.h"
#include "server/rpc/translate_messages.h"

namespace parley {
namespace {

constexpr PipelineMethod<v1::TranslateRequest, v1::TranslateResponse,
                         TranslateCall, TranslateReply>
    kTranslate = {Method::kTranslate, &ToTranslateCall, &Translate,
                  &ToTranslateResponse};

}  // namespace

grpc::ServerUnaryReactor* TranslationService::Translate(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartUnaryCall(kTranslate, environment_, {context, request, response});
}

}  // namespace parley
