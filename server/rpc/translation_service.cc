#include "server/rpc/translation_service.h"

#include "server/rpc/translate_batch_stream.h"
#include "server/rpc/translate_method.h"
#include "server/rpc/translate_stream.h"

namespace parley {
namespace {

constexpr auto kTranslate = TranslateMethod(Method::kTranslate);

}  // namespace

grpc::ServerUnaryReactor* TranslationService::Translate(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartUnaryCall(kTranslate, environment_, {context, request, response});
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* TranslationService::TranslateStream(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return StartTranslateStream(environment_, context, request);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
TranslationService::TranslateBatchStream(grpc::CallbackServerContext* context) {
  return StartRequestStream(environment_, context,
                            MakeTranslateBatchStream(environment_), &streams_);
}

}  // namespace parley
