// What stands around the tokens of a text or a pair of texts.
#ifndef PARLEY_ENGINE_TOKENIZER_POST_PROCESSOR_H_
#define PARLEY_ENGINE_TOKENIZER_POST_PROCESSOR_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/api/encoder_tokenizer.h"
#include "engine/api/task.h"
#include "engine/tokenizer/json_node.h"

namespace parley {

// A part of a template: a text's tokens, or special ones.
struct TemplatePart {
  // 0 for the first text, 1 for the second, EncoderInput::kSpecial for neither.
  int8_t text_index = EncoderInput::kSpecial;
  uint8_t segment_id = 0;
  std::vector<TokenId> ids;  // Of special tokens.
};

// How offsets of byte-level tokens leave out the white space at their ends
// (TrimOffsets in text/byte_level.h).
struct OffsetTrimming {
  bool enabled = false;
  bool add_prefix_space = false;
};

// The default is no special token at all.
struct PostProcessor {
  std::vector<TemplatePart> single = {{.text_index = 0}};
  std::vector<TemplatePart> pair = {{.text_index = 0},
                                    {.text_index = 1, .segment_id = 1}};
  OffsetTrimming trimming;
};

// "[CLS] A [SEP]" and "[CLS] A [SEP] B [SEP]", the second text and its [SEP]
// in segment 1.
PostProcessor BertPostProcessor(TokenId cls, TokenId sep);

// "<s> A </s>" and "<s> A </s></s> B </s>", all in segment 0.
PostProcessor RobertaPostProcessor(TokenId cls, TokenId sep);

// Tokens of a template that are special.
int CountSpecialTokens(absl::Span<const TemplatePart> parts);

// "post_processor" of tokenizer.json: TemplateProcessing, BertProcessing,
// RobertaProcessing, ByteLevel, or a sequence of ByteLevel and one other.
// INVALID_ARGUMENT names the place of what is wrong, UNIMPLEMENTED the type
// that is not supported.
absl::StatusOr<PostProcessor> ReadPostProcessor(const JsonNode& node);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_POST_PROCESSOR_H_
