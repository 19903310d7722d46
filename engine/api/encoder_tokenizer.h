// Text to what an encoder model reads, and back.
#ifndef PARLEY_ENGINE_API_ENCODER_TOKENIZER_H_
#define PARLEY_ENGINE_API_ENCODER_TOKENIZER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/api/tokenizer.h"

namespace parley {

enum class TruncationSide { kRight, kLeft };

// Which text of a pair is cut.
enum class PairTruncation { kLongestFirst, kOnlyFirst, kOnlySecond };

struct AssembleOptions {
  // Special tokens included; nullopt: no limit.
  std::optional<int> max_tokens;
  // Unset: as the tokenizer's files say.
  std::optional<TruncationSide> truncation_side;
  PairTruncation pair_truncation = PairTruncation::kLongestFirst;
  bool add_special_tokens = true;
};

// What the model reads of one text or pair; all vectors: [num_tokens].
struct EncoderInput {
  static constexpr int8_t kSpecial = -1;

  std::vector<TokenId> ids;
  std::vector<uint8_t> segment_ids;
  // Of the text that the token is from; empty for special tokens.
  std::vector<ByteRange> offsets;
  // 0 for the first text, 1 for the second, kSpecial for neither.
  std::vector<int8_t> text_index;
  bool truncated = false;
};

// Gives the ids and offsets of Hugging Face's `tokenizers` for the same files.
// Any thread may call everything at any time.
class EncoderTokenizer {
 public:
  virtual ~EncoderTokenizer() = default;

  // The tokens of `text` (valid UTF-8), without special tokens around it; those
  // that stand in the text itself ("[MASK]") are recognised. Any length.
  // INVALID_ARGUMENT where the vocabulary has no token for some of it and no
  // unknown token either.
  virtual absl::StatusOr<Encoding> Tokenize(absl::string_view text) const = 0;

  // Puts one text's tokens, or two texts' (`second` not null), into the
  // template of the tokenizer, after cutting what is over max_tokens.
  // INVALID_ARGUMENT where max_tokens leaves no room for a token of text, or of
  // the only text of a pair that may be cut.
  virtual absl::StatusOr<EncoderInput> Assemble(
      const Encoding& first, const Encoding* second,
      const AssembleOptions& options) const = 0;

  // Special tokens that Assemble adds to a text, or to a pair.
  virtual int num_special_tokens(int num_texts) const = 0;

  // The text of the tokens, as transformers' `decode` without
  // clean_up_tokenization_spaces gives it; always valid UTF-8. Ids outside the
  // vocabulary read as nothing.
  virtual std::string Decode(absl::Span<const TokenId> ids,
                             bool keep_special_tokens) const = 0;

  // The token as the vocabulary spells it, as valid UTF-8; empty for an id
  // outside the vocabulary.
  virtual std::string TokenText(TokenId id) const = 0;

  virtual std::optional<TokenId> FindToken(absl::string_view token) const = 0;

  // The one that FillMask fills; nullopt where the vocabulary has none.
  virtual std::optional<TokenId> mask_token() const = 0;

  // Greatest id plus one.
  virtual int vocab_size() const = 0;

  // model_max_length of tokenizer_config.json, where it is a sensible number.
  virtual std::optional<int> max_tokens() const = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_API_ENCODER_TOKENIZER_H_
