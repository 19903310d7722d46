#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "engine/tokenizer/metaspace_reader.h"
#include "engine/tokenizer/step_readers.h"
#include "engine/tokenizer/text/byte_level.h"
#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/metaspace.h"
#include "engine/tokenizer/text/pre_tokenizers.h"

namespace parley {
namespace {

using PreTokenizerPtr = std::unique_ptr<const PreTokenizer>;

absl::StatusOr<SplitBehavior> ReadBehavior(const JsonNode& node) {
  PARLEY_ASSIGN_OR_RETURN(const std::string name, node.AsString());
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  return node.Expected(
      "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

absl::StatusOr<PreTokenizerPtr> ReadByteLevel(const JsonNode& node) {
  ByteLevelOptions options;
  PARLEY_ASSIGN_OR_RETURN(options.add_prefix_space,
                          node.Get("add_prefix_space").AsBool());
  PARLEY_ASSIGN_OR_RETURN(options.use_regex,
                          node.Get("use_regex").BoolOr(true));
  return CreateByteLevelPreTokenizer(options);
}

absl::StatusOr<PreTokenizerPtr> ReadMetaspacePreTokenizer(
    const JsonNode& node) {
  PARLEY_ASSIGN_OR_RETURN(const MetaspaceOptions options, ReadMetaspace(node));
  return CreateMetaspacePreTokenizer(options);
}

absl::StatusOr<PreTokenizerPtr> ReadSplit(const JsonNode& node) {
  SplitOptions options;
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<const Pattern> pattern,
                          ReadPattern(node.Get("pattern")));
  PARLEY_ASSIGN_OR_RETURN(options.behavior, ReadBehavior(node.Get("behavior")));
  PARLEY_ASSIGN_OR_RETURN(options.invert, node.Get("invert").AsBool());
  return CreateSplit(std::move(pattern), options);
}

absl::StatusOr<PreTokenizerPtr> ReadPunctuation(const JsonNode& node) {
  const JsonNode behavior_node = node.Get("behavior");
  if (behavior_node.is_missing()) {
    return CreatePunctuation(SplitBehavior::kIsolated);
  }
  PARLEY_ASSIGN_OR_RETURN(const SplitBehavior behavior,
                          ReadBehavior(behavior_node));
  return CreatePunctuation(behavior);
}

absl::StatusOr<PreTokenizerPtr> ReadDigits(const JsonNode& node) {
  PARLEY_ASSIGN_OR_RETURN(const bool individual,
                          node.Get("individual_digits").AsBool());
  return CreateDigits(individual);
}

absl::StatusOr<PreTokenizerPtr> ReadDelimiter(const JsonNode& node) {
  const JsonNode delimiter = node.Get("delimiter");
  PARLEY_ASSIGN_OR_RETURN(const std::string text, delimiter.AsString());
  if (text.empty() || CodePointAt(text, 0).num_bytes != text.size()) {
    return delimiter.Expected("one character");
  }
  return CreateDelimiterSplit(CodePointAt(text, 0).value);
}

absl::StatusOr<PreTokenizerPtr> ReadSequence(const JsonNode& node,
                                             int max_nested) {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<JsonNode> items,
                          node.Get("pretokenizers").AsArray());
  std::vector<PreTokenizerPtr> steps;
  for (const JsonNode& item : items) {
    if (max_nested == 0) return item.Wrong("is nested too deep");
    PARLEY_ASSIGN_OR_RETURN(PreTokenizerPtr step,
                            ReadPreTokenizer(item, max_nested - 1));
    if (step == nullptr) return item.Expected("a pre-tokenizer");
    steps.push_back(std::move(step));
  }
  return CreatePreTokenizerSequence(std::move(steps));
}

}  // namespace

absl::StatusOr<PreTokenizerPtr> ReadPreTokenizer(const JsonNode& node,
                                                 int max_nested) {
  if (node.is_missing()) return nullptr;
  PARLEY_ASSIGN_OR_RETURN(const std::string type, node.Get("type").AsString());
  if (type == "BertPreTokenizer") return CreateBertPreTokenizer();
  if (type == "ByteLevel") return ReadByteLevel(node);
  if (type == "CharDelimiterSplit") return ReadDelimiter(node);
  if (type == "Digits") return ReadDigits(node);
  if (type == "Metaspace") return ReadMetaspacePreTokenizer(node);
  if (type == "Punctuation") return ReadPunctuation(node);
  if (type == "Sequence") return ReadSequence(node, max_nested);
  if (type == "Split") return ReadSplit(node);
  if (type == "Whitespace") return CreateWhitespace();
  if (type == "WhitespaceSplit") return CreateWhitespaceSplit();
  return UnknownType(node, type);
}

}  // namespace parley
