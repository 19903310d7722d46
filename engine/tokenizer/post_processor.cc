#include "engine/tokenizer/post_processor.h"

#include <limits>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/tokenizer/step_readers.h"
#include "engine/tokenizer/vocabulary.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

constexpr size_t kMaxTemplateParts = 64;

// ["[SEP]", 102]
absl::StatusOr<TokenId> ReadTokenPair(const JsonNode& node) {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<JsonNode> items, node.AsArray());
  if (items.size() != 2 || !items[0].is_string()) {
    return node.Expected("a token and its id");
  }
  return items[1].AsCount(kMaxTokenId);
}

absl::StatusOr<PostProcessor> ReadBertProcessing(const JsonNode& node) {
  PARLEY_ASSIGN_OR_RETURN(const TokenId sep, ReadTokenPair(node.Get("sep")));
  PARLEY_ASSIGN_OR_RETURN(const TokenId cls, ReadTokenPair(node.Get("cls")));
  return BertPostProcessor(cls, sep);
}

absl::StatusOr<PostProcessor> ReadRobertaProcessing(const JsonNode& node) {
  PARLEY_ASSIGN_OR_RETURN(const TokenId sep, ReadTokenPair(node.Get("sep")));
  PARLEY_ASSIGN_OR_RETURN(const TokenId cls, ReadTokenPair(node.Get("cls")));
  PostProcessor processor = RobertaPostProcessor(cls, sep);
  PARLEY_ASSIGN_OR_RETURN(processor.trimming.enabled,
                          node.Get("trim_offsets").AsBool());
  PARLEY_ASSIGN_OR_RETURN(processor.trimming.add_prefix_space,
                          node.Get("add_prefix_space").AsBool());
  return processor;
}

absl::StatusOr<PostProcessor> ReadByteLevel(const JsonNode& node) {
  PostProcessor processor;
  PARLEY_ASSIGN_OR_RETURN(processor.trimming.enabled,
                          node.Get("trim_offsets").AsBool());
  PARLEY_ASSIGN_OR_RETURN(processor.trimming.add_prefix_space,
                          node.Get("add_prefix_space").AsBool());
  return processor;
}

// The ids of a special token that a template names.
absl::StatusOr<std::vector<TokenId>> ReadSpecialToken(
    const JsonNode& special_tokens, const JsonNode& name_node) {
  PARLEY_ASSIGN_OR_RETURN(const std::string name, name_node.AsString());
  const JsonNode ids_node = special_tokens.Get(name).Get("ids");
  if (ids_node.is_missing()) {
    return name_node.Expected("one of the special_tokens of the template");
  }
  PARLEY_ASSIGN_OR_RETURN(const std::vector<JsonNode> items,
                          ids_node.AsArray());
  if (items.size() > kMaxTemplateParts) {
    return ids_node.Wrong(
        absl::StrCat("has more than ", kMaxTemplateParts, " tokens"));
  }
  std::vector<TokenId> ids;
  for (const JsonNode& item : items) {
    PARLEY_ASSIGN_OR_RETURN(const TokenId id, item.AsCount(kMaxTokenId));
    ids.push_back(id);
  }
  return ids;
}

absl::StatusOr<int8_t> ReadSequenceIndex(const JsonNode& node) {
  if (node.is_string() && node.value() == "A") return int8_t{0};
  if (node.is_string() && node.value() == "B") return int8_t{1};
  return node.Expected("A or B");
}

absl::StatusOr<TemplatePart> ReadTemplatePart(const JsonNode& node,
                                              const JsonNode& special_tokens) {
  TemplatePart part;
  const JsonNode sequence = node.Get("Sequence");
  const JsonNode special = node.Get("SpecialToken");
  if (sequence.is_missing() == special.is_missing()) {
    return node.Expected("an object with \"Sequence\" or \"SpecialToken\"");
  }
  const JsonNode& given = sequence.is_missing() ? special : sequence;
  PARLEY_ASSIGN_OR_RETURN(
      part.segment_id,
      given.Get("type_id").AsCount(std::numeric_limits<uint8_t>::max()));
  const JsonNode id = given.Get("id");
  if (sequence.is_missing()) {
    PARLEY_ASSIGN_OR_RETURN(part.ids, ReadSpecialToken(special_tokens, id));
    return part;
  }
  PARLEY_ASSIGN_OR_RETURN(part.text_index, ReadSequenceIndex(id));
  return part;
}

absl::StatusOr<std::vector<TemplatePart>> ReadTemplate(
    const JsonNode& node, const JsonNode& special_tokens, int num_texts) {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<JsonNode> items, node.AsArray());
  if (items.size() > kMaxTemplateParts) {
    return node.Wrong(
        absl::StrCat("has more than ", kMaxTemplateParts, " parts"));
  }
  std::vector<TemplatePart> parts;
  int num_found[2] = {0, 0};
  for (const JsonNode& item : items) {
    PARLEY_ASSIGN_OR_RETURN(TemplatePart part,
                            ReadTemplatePart(item, special_tokens));
    if (part.text_index >= 0) ++num_found[part.text_index];
    parts.push_back(std::move(part));
  }
  if (num_found[0] != 1 || num_found[1] != num_texts - 1) {
    return node.Wrong(num_texts == 1 ? "has not the sequence A once"
                                     : "has not the sequences A and B once");
  }
  return parts;
}

absl::StatusOr<PostProcessor> ReadTemplateProcessing(const JsonNode& node) {
  PostProcessor processor;
  const JsonNode special_tokens = node.Get("special_tokens");
  PARLEY_ASSIGN_OR_RETURN(processor.single,
                          ReadTemplate(node.Get("single"), special_tokens, 1));
  PARLEY_ASSIGN_OR_RETURN(processor.pair,
                          ReadTemplate(node.Get("pair"), special_tokens, 2));
  return processor;
}

absl::StatusOr<PostProcessor> ReadOne(const JsonNode& node,
                                      absl::string_view type) {
  if (type == "TemplateProcessing") return ReadTemplateProcessing(node);
  if (type == "BertProcessing") return ReadBertProcessing(node);
  if (type == "RobertaProcessing") return ReadRobertaProcessing(node);
  if (type == "ByteLevel") return ReadByteLevel(node);
  return UnknownType(node, type);
}

absl::StatusOr<PostProcessor> ReadSequence(const JsonNode& node) {
  const JsonNode processors = node.Get("processors");
  PARLEY_ASSIGN_OR_RETURN(const std::vector<JsonNode> items,
                          processors.AsArray());
  PostProcessor all;
  bool has_template = false;
  for (const JsonNode& item : items) {
    PARLEY_ASSIGN_OR_RETURN(const std::string type,
                            item.Get("type").AsString());
    PARLEY_ASSIGN_OR_RETURN(PostProcessor processor, ReadOne(item, type));
    if (processor.trimming.enabled) {
      if (all.trimming.enabled) {
        return absl::UnimplementedError(absl::StrCat(
            processors.place(), ": trimming offsets twice is not supported"));
      }
      all.trimming = processor.trimming;
    }
    if (type == "ByteLevel") continue;
    if (has_template) {
      return absl::UnimplementedError(absl::StrCat(
          processors.place(), ": two templates in one are not supported"));
    }
    has_template = true;
    all.single = std::move(processor.single);
    all.pair = std::move(processor.pair);
  }
  return all;
}

}  // namespace

PostProcessor BertPostProcessor(TokenId cls, TokenId sep) {
  PostProcessor processor;
  const TemplatePart end = {.ids = {sep}};
  processor.single = {{.ids = {cls}}, {.text_index = 0}, end};
  processor.pair = processor.single;
  processor.pair.push_back({.text_index = 1, .segment_id = 1});
  processor.pair.push_back({.segment_id = 1, .ids = {sep}});
  return processor;
}

PostProcessor RobertaPostProcessor(TokenId cls, TokenId sep) {
  PostProcessor processor;
  const TemplatePart end = {.ids = {sep}};
  processor.single = {{.ids = {cls}}, {.text_index = 0}, end};
  processor.pair = processor.single;
  processor.pair.insert(processor.pair.end(), {end, {.text_index = 1}, end});
  return processor;
}

int CountSpecialTokens(absl::Span<const TemplatePart> parts) {
  size_t count = 0;
  for (const TemplatePart& part : parts) count += part.ids.size();
  return static_cast<int>(count);
}

absl::StatusOr<PostProcessor> ReadPostProcessor(const JsonNode& node) {
  if (node.is_missing()) return PostProcessor();
  PARLEY_ASSIGN_OR_RETURN(const std::string type, node.Get("type").AsString());
  if (type == "Sequence") return ReadSequence(node);
  return ReadOne(node, type);
}

}  // namespace parley
