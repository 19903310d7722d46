#include "server/pipeline/methods.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace parley {
namespace {

constexpr Method kAllMethods[] = {
    Method::kTranslate,
    Method::kTranslateStream,
    Method::kTranslateBatchStream,
    Method::kEmbed,
    Method::kEmbedTokens,
    Method::kEmbedStream,
    Method::kSimilarity,
    Method::kRerank,
    Method::kClassify,
    Method::kFillMask,
    Method::kNextSentence,
    Method::kTokenize,
    Method::kDetokenize,
};

bool Has(const ModelInfo& info, Method method) {
  if (info.kind != KindFor(method)) return false;
  switch (method) {
    case Method::kRerank:
      return info.encoder.labels.size() == 1;
    case Method::kClassify:
      return !info.encoder.labels.empty();
    case Method::kFillMask:
      return info.encoder.fills_masks;
    case Method::kNextSentence:
      return info.encoder.predicts_next_sentence;
    default:
      return true;
  }
}

}  // namespace

absl::string_view MethodName(Method method) {
  switch (method) {
    case Method::kTranslate:
      return "Translate";
    case Method::kTranslateStream:
      return "TranslateStream";
    case Method::kTranslateBatchStream:
      return "TranslateBatchStream";
    case Method::kEmbed:
      return "Embed";
    case Method::kEmbedTokens:
      return "EmbedTokens";
    case Method::kEmbedStream:
      return "EmbedStream";
    case Method::kSimilarity:
      return "Similarity";
    case Method::kRerank:
      return "Rerank";
    case Method::kClassify:
      return "Classify";
    case Method::kFillMask:
      return "FillMask";
    case Method::kNextSentence:
      return "NextSentence";
    case Method::kTokenize:
      return "Tokenize";
    case Method::kDetokenize:
      return "Detokenize";
  }
  return "";
}

ModelKind KindFor(Method method) {
  switch (method) {
    case Method::kTranslate:
    case Method::kTranslateStream:
    case Method::kTranslateBatchStream:
      return ModelKind::kTranslation;
    default:
      return ModelKind::kEncoder;
  }
}

std::vector<Method> MethodsOf(const ModelInfo& info) {
  std::vector<Method> methods;
  std::copy_if(std::begin(kAllMethods), std::end(kAllMethods),
               std::back_inserter(methods),
               [&info](Method method) { return Has(info, method); });
  return methods;
}

absl::Status CheckMethod(const ServedModel& model, Method method) {
  if (Has(model.info, method)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("model \"", model.name, "\" (", model.info.architecture,
                   ") cannot ", MethodName(method), "; what it can do: ",
                   absl::StrJoin(MethodsOf(model.info), ", ",
                                 [](std::string* out, Method one) {
                                   absl::StrAppend(out, MethodName(one));
                                 })));
}

}  // namespace parley
