// Pieces of a text as tokens, each within what the model can read.
#ifndef PARLEY_SERVER_PIPELINE_PIECE_ENCODER_H_
#define PARLEY_SERVER_PIPELINE_PIECE_ENCODER_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/api/tokenizer.h"

namespace parley {

// A part of a text, ready for the engine.
struct EncodedPiece {
  ByteRange range;                  // Of the text.
  std::vector<TokenId> source_ids;  // max_source_tokens at most.
  bool truncated = false;           // Some of the range is not in source_ids.
};

// Encodes for one model and one language token. Immutable; the tokenizer must
// outlive it.
class PieceEncoder {
 public:
  struct Options {
    std::string language_token;  // Empty: none.
    int max_source_tokens = 0;   // Special tokens included.
  };

  // INVALID_ARGUMENT where the vocabulary has no such language token.
  static absl::StatusOr<PieceEncoder> Create(const Tokenizer* tokenizer,
                                             Options options);

  // Appends `range` of `text` to `pieces`: whole where it fits the model, else
  // cut at the best places, each the last one below the limit: behind
  // punctuation, unless a quarter of what fits would not even be used; else at
  // white space; else between any characters. The pieces leave out white space
  // where they are cut, and nothing else. One is truncated only where a single
  // character is above the limit.
  //
  // Stops early, leaving out the rest, once there are more than `max_pieces`.
  // Work grows with the length of the range, however long it is.
  // REQUIRES: no white space at the ends of the range.
  absl::Status EncodeFitting(absl::string_view text, ByteRange range,
                             size_t max_pieces,
                             std::vector<EncodedPiece>* pieces) const;

  // All of `text` as one piece, cut at the limit: the language and end tokens
  // stay.
  absl::StatusOr<EncodedPiece> EncodeTruncated(absl::string_view text) const;

 private:
  // The front of a text as one encoding.
  struct Window {
    absl::string_view text;
    Encoding encoding;
    size_t content_begin = 0;  // Tokens that are not special.
    size_t content_end = 0;
  };

  // Pieces on their way out. `offset` is where `text` stands in the whole.
  struct Output {
    std::vector<EncodedPiece>* pieces;
    size_t max_pieces;
    size_t offset = 0;

    bool full() const { return pieces->size() > max_pieces; }
    void Add(size_t begin, size_t end, EncodedPiece piece);
  };

  PieceEncoder(const Tokenizer* tokenizer, Options options)
      : tokenizer_(tokenizer), options_(std::move(options)) {}

  bool Fits(const Encoding& encoding) const;
  // Special tokens before the text; the others follow it.
  size_t NumLeadingSpecials(absl::Span<const TokenId> ids) const;
  // Tokens of a text that fit.
  size_t max_content() const;
  EncodedPiece Truncate(Encoding encoding) const;
  // As much of `text` as matters: all of it, or more than fits the model.
  absl::StatusOr<Window> EncodeWindow(absl::string_view text) const;
  // Cuts pieces off the front of a window that does not fit, until what is
  // left of it might. Returns where that begins.
  absl::StatusOr<size_t> CutWindow(const Window& window, Output* output) const;
  // Cuts one piece that begins at byte `begin` and at token `token`, and
  // returns its end.
  absl::StatusOr<size_t> CutPiece(const Window& window, size_t begin,
                                  size_t token, Output* output) const;

  const Tokenizer* tokenizer_;
  Options options_;
  std::vector<TokenId> special_ids_;  // What an empty text is encoded as.
};

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_PIECE_ENCODER_H_
