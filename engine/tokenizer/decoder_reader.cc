#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "engine/tokenizer/metaspace_reader.h"
#include "engine/tokenizer/step_readers.h"
#include "engine/tokenizer/text/byte_level.h"
#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/decoders.h"
#include "engine/tokenizer/text/metaspace.h"
#include "engine/tokenizer/text/replace.h"

namespace parley {
namespace {

using DecoderPtr = std::unique_ptr<const Decoder>;

absl::StatusOr<DecoderPtr> ReadWordPiece(const JsonNode& node) {
  WordPieceDecoderOptions options;
  PARLEY_ASSIGN_OR_RETURN(options.prefix, node.Get("prefix").AsString());
  PARLEY_ASSIGN_OR_RETURN(options.cleanup, node.Get("cleanup").AsBool());
  return CreateWordPieceDecoder(std::move(options));
}

absl::StatusOr<DecoderPtr> ReadStrip(const JsonNode& node) {
  StripDecoderOptions options;
  const JsonNode content = node.Get("content");
  PARLEY_ASSIGN_OR_RETURN(const std::string text, content.AsString());
  if (text.empty() || CodePointAt(text, 0).num_bytes != text.size()) {
    return content.Expected("one character");
  }
  options.content = CodePointAt(text, 0).value;
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max();
  PARLEY_ASSIGN_OR_RETURN(options.start, node.Get("start").AsCount(kMax));
  PARLEY_ASSIGN_OR_RETURN(options.stop, node.Get("stop").AsCount(kMax));
  return CreateStripDecoder(options);
}

absl::StatusOr<DecoderPtr> ReadReplaceDecoder(const JsonNode& node) {
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<const Pattern> pattern,
                          ReadPattern(node.Get("pattern")));
  PARLEY_ASSIGN_OR_RETURN(std::string content, node.Get("content").AsString());
  return CreateReplaceDecoder(std::move(pattern), std::move(content));
}

absl::StatusOr<DecoderPtr> ReadMetaspaceDecoder(const JsonNode& node) {
  PARLEY_ASSIGN_OR_RETURN(const MetaspaceOptions options, ReadMetaspace(node));
  return CreateMetaspaceDecoder(options);
}

absl::StatusOr<DecoderPtr> ReadSequence(const JsonNode& node, int max_nested) {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<JsonNode> items,
                          node.Get("decoders").AsArray());
  std::vector<DecoderPtr> steps;
  for (const JsonNode& item : items) {
    if (max_nested == 0) return item.Wrong("is nested too deep");
    PARLEY_ASSIGN_OR_RETURN(DecoderPtr step, ReadDecoder(item, max_nested - 1));
    if (step == nullptr) return item.Expected("a decoder");
    steps.push_back(std::move(step));
  }
  return CreateDecoderSequence(std::move(steps));
}

}  // namespace

absl::StatusOr<DecoderPtr> ReadDecoder(const JsonNode& node, int max_nested) {
  if (node.is_missing()) return nullptr;
  PARLEY_ASSIGN_OR_RETURN(const std::string type, node.Get("type").AsString());
  if (type == "ByteFallback") return CreateByteFallbackDecoder();
  if (type == "ByteLevel") return CreateByteLevelDecoder();
  if (type == "Fuse") return CreateFuseDecoder();
  if (type == "Metaspace") return ReadMetaspaceDecoder(node);
  if (type == "Replace") return ReadReplaceDecoder(node);
  if (type == "Sequence") return ReadSequence(node, max_nested);
  if (type == "Strip") return ReadStrip(node);
  if (type == "WordPiece") return ReadWordPiece(node);
  return UnknownType(node, type);
}

}  // namespace parley
