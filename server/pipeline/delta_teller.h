// Tells of a call's translations while they are being made.
#ifndef PARLEY_SERVER_PIPELINE_DELTA_TELLER_H_
#define PARLEY_SERVER_PIPELINE_DELTA_TELLER_H_

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/api/tokenizer.h"
#include "server/pipeline/call.h"
#include "server/pipeline/join.h"

namespace parley {

// Makes deltas of what is known of the best translation of each piece: what is
// told of a text is a prefix of what JoinPieces makes of it at any time, and
// all of it in the end. Pieces are told in order, however they end; a text of
// which a piece fails gets no further delta.
//
// Thread rule: one call at a time.
class DeltaTeller {
 public:
  struct Options {
    const Tokenizer* tokenizer = nullptr;  // Outlives this.
    bool return_tokens = false;
    std::function<void(TextDelta)> tell;
  };

  // The place of a piece in its call.
  struct Place {
    size_t text = 0;
    size_t piece = 0;
  };

  explicit DeltaTeller(Options options) : options_(std::move(options)) {}

  // The next text of the call, whose pieces have `spacing` around them; without
  // any (and so without spacing) there will be nothing to tell.
  void AddText(std::vector<std::string> spacing);
  // Or one that is its own translation, which is told at once.
  void AddItself(const std::string& text);

  // More of a piece's tokens.
  void Progress(Place place, absl::Span<const TokenId> token_ids);
  // All of it. INTERNAL where it does not begin with what has been told, which
  // then was wrong; the text has failed.
  absl::Status Complete(Place place, const PieceHypothesis& best);
  void Fail(size_t text) { texts_[text].failed = true; }

 private:
  struct Piece {
    std::vector<TokenId> token_ids;  // Known so far.
    std::string text;                // Of all of them, once it is whole.
    bool whole = false;
  };
  struct Text {
    std::vector<std::string> spacing;  // [num_pieces + 1]
    std::vector<Piece> pieces;
    bool failed = false;
    // The first piece that is not all told, and what is told of it.
    size_t next = 0;
    std::string told;
    size_t num_ids_told = 0;
  };

  // Tells what can be told of a text.
  absl::Status Advance(size_t index);
  // Adds what is new of the next piece. INTERNAL as Complete has it.
  absl::Status AddNews(Text& text, TextDelta* delta) const;

  const Options options_;
  std::vector<Text> texts_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_DELTA_TELLER_H_
