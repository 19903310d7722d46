#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/tokenizer/step_readers.h"
#include "engine/tokenizer/text/bert_normalizer.h"
#include "engine/tokenizer/text/normal_form.h"
#include "engine/tokenizer/text/normalizers.h"
#include "engine/tokenizer/text/precompiled.h"
#include "engine/tokenizer/text/replace.h"

namespace parley {
namespace {

using NormalizerPtr = std::unique_ptr<const Normalizer>;

absl::StatusOr<NormalizerPtr> ReadBertNormalizer(const JsonNode& node) {
  BertNormalizerOptions options;
  PARLEY_ASSIGN_OR_RETURN(options.clean_text, node.Get("clean_text").AsBool());
  PARLEY_ASSIGN_OR_RETURN(options.handle_chinese_chars,
                          node.Get("handle_chinese_chars").AsBool());
  PARLEY_ASSIGN_OR_RETURN(options.lowercase, node.Get("lowercase").AsBool());
  const JsonNode strip_accents = node.Get("strip_accents");
  if (!strip_accents.is_missing()) {
    PARLEY_ASSIGN_OR_RETURN(options.strip_accents, strip_accents.AsBool());
  }
  return CreateBertNormalizer(options);
}

absl::StatusOr<NormalizerPtr> ReadStrip(const JsonNode& node) {
  StripOptions options;
  PARLEY_ASSIGN_OR_RETURN(options.left, node.Get("strip_left").AsBool());
  PARLEY_ASSIGN_OR_RETURN(options.right, node.Get("strip_right").AsBool());
  return CreateStrip(options);
}

absl::StatusOr<NormalizerPtr> ReadReplace(const JsonNode& node) {
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<const Pattern> pattern,
                          ReadPattern(node.Get("pattern")));
  PARLEY_ASSIGN_OR_RETURN(std::string content, node.Get("content").AsString());
  return CreateReplace(std::move(pattern), std::move(content));
}

absl::StatusOr<NormalizerPtr> ReadPrecompiled(const JsonNode& node) {
  const JsonNode charsmap = node.Get("precompiled_charsmap");
  PARLEY_ASSIGN_OR_RETURN(const std::string base64, charsmap.AsString());
  std::string bytes;
  if (!absl::Base64Unescape(base64, &bytes)) {
    return charsmap.Wrong("is not Base64");
  }
  auto normalizer = CreatePrecompiledNormalizer(bytes);
  if (!normalizer.ok()) {
    return charsmap.Wrong(
        absl::StrCat("is not sound: ", normalizer.status().message()));
  }
  return *std::move(normalizer);
}

absl::StatusOr<NormalizerPtr> ReadSequence(const JsonNode& node,
                                           int max_nested) {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<JsonNode> items,
                          node.Get("normalizers").AsArray());
  std::vector<NormalizerPtr> steps;
  for (const JsonNode& item : items) {
    if (max_nested == 0) return item.Wrong("is nested too deep");
    PARLEY_ASSIGN_OR_RETURN(NormalizerPtr step,
                            ReadNormalizer(item, max_nested - 1));
    if (step == nullptr) return item.Expected("a normalizer");
    steps.push_back(std::move(step));
  }
  return CreateNormalizerSequence(std::move(steps));
}

}  // namespace

absl::StatusOr<NormalizerPtr> ReadNormalizer(const JsonNode& node,
                                             int max_nested) {
  if (node.is_missing()) return nullptr;
  PARLEY_ASSIGN_OR_RETURN(const std::string type, node.Get("type").AsString());
  if (type == "BertNormalizer") return ReadBertNormalizer(node);
  if (type == "Lowercase") return CreateLowercase();
  if (type == "NFC") return CreateNormalForm(NormalForm::kNfc);
  if (type == "NFD") return CreateNormalForm(NormalForm::kNfd);
  if (type == "NFKC") return CreateNormalForm(NormalForm::kNfkc);
  if (type == "NFKD") return CreateNormalForm(NormalForm::kNfkd);
  if (type == "Nmt") return CreateNmt();
  if (type == "Precompiled") return ReadPrecompiled(node);
  if (type == "Prepend") {
    PARLEY_ASSIGN_OR_RETURN(std::string text, node.Get("prepend").AsString());
    return CreatePrepend(std::move(text));
  }
  if (type == "Replace") return ReadReplace(node);
  if (type == "Sequence") return ReadSequence(node, max_nested);
  if (type == "Strip") return ReadStrip(node);
  if (type == "StripAccents") return CreateStripAccents();
  return UnknownType(node, type);
}

}  // namespace parley
