// The messages of parley.v1.TranslationService to plain structs and back.
#ifndef PARLEY_SERVER_RPC_TRANSLATE_MESSAGES_H_
#define PARLEY_SERVER_RPC_TRANSLATE_MESSAGES_H_

#include "absl/status/statusor.h"
#include "parley/v1/translation.pb.h"
#include "server/pipeline/translate.h"

namespace parley {

// What `request` asks for, without deadline and cancel flag; its texts are
// moved out. INVALID_ARGUMENT names an enum field with a value that is none;
// everything else is for the pipeline to check.
absl::StatusOr<TranslateCall> ToTranslateCall(v1::TranslateRequest* request);

// The answer of the model called `model_name`; `reply` is moved from.
v1::TranslateResponse ToTranslateResponse(TranslateReply reply,
                                          const std::string& model_name);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_TRANSLATE_MESSAGES_H_
