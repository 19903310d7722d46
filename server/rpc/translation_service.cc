#include "server/rpc/translation_service.h"

#include "absl/strings/string_view.h"
#include "server/rpc/translate_batch_stream.h"
#include "server/rpc/translate_method.h"
#include "server/rpc/translate_stream.h"

namespace parley {
namespace {

constexpr auto kTranslate = TranslateMethod(Method::kTranslate);

}  // namespace

void TranslationService::AddMethods(CallRouter* router) {
  const absl::string_view service = Base::service_full_name();
  AddUnary(service, kTranslate, environment_, router);
  router->Add(service, MethodName(Method::kTranslateStream),
              [this](const RequestWire& wire) {
                StartTranslateStream(environment_, wire);
              });
  router->AddStream(service, MethodName(Method::kTranslateBatchStream),
                    [this](WireCall* call) {
                      StartRequestStream(environment_, call,
                                         MakeTranslateBatchStream(environment_),
                                         &streams_);
                    });
}

}  // namespace parley
