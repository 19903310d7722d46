// Which methods of the services a model can answer.
#ifndef PARLEY_SERVER_PIPELINE_METHODS_H_
#define PARLEY_SERVER_PIPELINE_METHODS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/api/model.h"
#include "server/batching/served_model.h"

namespace parley {

// In the order in which they are listed.
enum class Method {
  kTranslate,
  kTranslateStream,
  kTranslateBatchStream,
  kEmbed,
  kEmbedTokens,
  kEmbedStream,
  kSimilarity,
  kRerank,
  kClassify,
  kFillMask,
  kNextSentence,
  kTokenize,
  kDetokenize,
};

// As the wire calls it: "EmbedTokens".
absl::string_view MethodName(Method method);

// The kind of model that has it.
ModelKind KindFor(Method method);

std::vector<Method> MethodsOf(const ModelInfo& info);

// FAILED_PRECONDITION, with what the model can do, unless `method` is one of
// them.
absl::Status CheckMethod(const ServedModel& model, Method method);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_METHODS_H_
