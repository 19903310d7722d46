#include "server/pipeline/piece_encoder.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/status_macros.h"
#include "server/pipeline/characters.h"
#include "server/pipeline/splitter.h"

namespace parley {
namespace {

// Tokens of a text take many times its bytes while it is encoded, so a text
// that will be cut anyway is encoded in stretches of this size.
constexpr size_t kMinWindowBytes = size_t{64} << 10;
constexpr size_t kWindowBytesPerToken = 32;

// Punctuation that ends a part of a sentence even where no white space
// follows, as in Chinese and Japanese; and the em dash.
bool EndsClauseAlone(char32_t character) {
  switch (character) {
    case 0x3001:  // Ideographic comma and full stop.
    case 0x3002:
    case 0xFF0C:  // Full-width , ; : ! ?
    case 0xFF1B:
    case 0xFF1A:
    case 0xFF01:
    case 0xFF1F:
    case 0x2014:  // Em dash.
      return true;
    default:
      return false;
  }
}

// Punctuation that does before white space, but not in "3,000" or "7-8".
bool EndsClauseBeforeSpace(char32_t character) {
  switch (character) {
    case ',':
    case ';':
    case ':':
    case '.':
    case '!':
    case '?':
    case '-':
    case 0x2013:  // En dash.
    case 0x2026:  // Ellipsis.
    case 0x060C:  // Arabic comma, semicolon, question mark.
    case 0x061B:
    case 0x061F:
    case 0x0964:  // Danda.
      return true;
    default:
      return false;
  }
}

// The best end of a piece that begins at `begin` and may not go past `limit`.
// REQUIRES: begin < limit, both between characters.
size_t BestCut(absl::string_view text, size_t begin, size_t limit) {
  std::optional<size_t> space;
  bool before_space = limit == text.size();
  if (!before_space) {
    size_t next = limit;
    before_space = IsWhiteSpace(NextCharacter(text, &next));
  }
  for (size_t position = limit; position > begin;) {
    const size_t end = position;
    const char32_t before = PreviousCharacter(text, &position);
    const bool ends_clause = EndsClauseAlone(before) ||
                             (before_space && EndsClauseBeforeSpace(before));
    if (ends_clause && (end - begin) * 4 >= limit - begin) return end;
    const bool is_space = IsWhiteSpace(before);
    if (before_space && !space && !is_space) space = end;
    before_space = is_space;
  }
  return space.value_or(limit);
}

}  // namespace

absl::StatusOr<PieceEncoder> PieceEncoder::Create(const Tokenizer* tokenizer,
                                                  Options options) {
  PieceEncoder encoder(tokenizer, std::move(options));
  PARLEY_ASSIGN_OR_RETURN(
      Encoding empty, tokenizer->Encode("", encoder.options_.language_token));
  encoder.special_ids_ = std::move(empty.ids);
  return encoder;
}

bool PieceEncoder::Fits(const Encoding& encoding) const {
  return std::ssize(encoding.ids) <= options_.max_source_tokens;
}

size_t PieceEncoder::NumLeadingSpecials(absl::Span<const TokenId> ids) const {
  return std::mismatch(special_ids_.begin(), special_ids_.end(), ids.begin(),
                       ids.end())
             .first -
         special_ids_.begin();
}

size_t PieceEncoder::max_content() const {
  const int64_t num_tokens =
      options_.max_source_tokens - std::ssize(special_ids_);
  return static_cast<size_t>(std::max<int64_t>(0, num_tokens));
}

void PieceEncoder::Output::Add(size_t begin, size_t end, EncodedPiece piece) {
  piece.range = {offset + begin, offset + end};
  pieces->push_back(std::move(piece));
}

EncodedPiece PieceEncoder::Truncate(Encoding encoding) const {
  std::vector<TokenId>& ids = encoding.ids;
  const size_t limit = std::max(0, options_.max_source_tokens);
  if (ids.size() <= limit) return {.source_ids = std::move(ids)};
  const size_t num_trailing = special_ids_.size() - NumLeadingSpecials(ids);
  if (num_trailing < limit) {
    std::move(ids.end() - num_trailing, ids.end(),
              ids.begin() + (limit - num_trailing));
  }
  ids.resize(limit);
  return {.source_ids = std::move(ids), .truncated = true};
}

absl::StatusOr<PieceEncoder::Window> PieceEncoder::EncodeWindow(
    absl::string_view text) const {
  size_t max_bytes =
      std::max(kMinWindowBytes,
               kWindowBytesPerToken * std::max(0, options_.max_source_tokens));
  while (true) {
    Window window;
    window.text = text.substr(0, CharacterBegin(text, max_bytes));
    PARLEY_ASSIGN_OR_RETURN(
        window.encoding,
        tokenizer_->Encode(window.text, options_.language_token));
    if (window.text.size() < text.size() && Fits(window.encoding)) {
      max_bytes *= 2;  // Long tokens: all of the text may fit yet.
      continue;
    }
    const std::vector<TokenId>& ids = window.encoding.ids;
    window.content_begin = NumLeadingSpecials(ids);
    window.content_end =
        ids.size() - (special_ids_.size() - window.content_begin);
    return window;
  }
}

absl::Status PieceEncoder::EncodeFitting(
    absl::string_view text, ByteRange range, size_t max_pieces,
    std::vector<EncodedPiece>* pieces) const {
  Output output = {
      .pieces = pieces, .max_pieces = max_pieces, .offset = range.begin};
  while (output.offset < range.end && !output.full()) {
    const absl::string_view rest =
        text.substr(output.offset, range.end - output.offset);
    PARLEY_ASSIGN_OR_RETURN(Window window, EncodeWindow(rest));
    if (Fits(window.encoding)) {
      output.Add(0, rest.size(),
                 {.source_ids = std::move(window.encoding.ids)});
      break;
    }
    PARLEY_ASSIGN_OR_RETURN(const size_t next, CutWindow(window, &output));
    output.offset += TrimWhiteSpace(rest, {next, rest.size()}).begin;
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> PieceEncoder::CutWindow(const Window& window,
                                               Output* output) const {
  const absl::string_view text = window.text;
  const std::vector<ByteRange>& offsets = window.encoding.offsets;
  size_t begin = 0;
  size_t token = window.content_begin;
  do {
    PARLEY_ASSIGN_OR_RETURN(const size_t end,
                            CutPiece(window, begin, token, output));
    begin = TrimWhiteSpace(text, {end, text.size()}).begin;
    while (token < window.content_end && offsets[token].begin < begin) ++token;
  } while (begin < text.size() && !output->full() &&
           window.content_end - token > max_content());
  return begin;
}

absl::StatusOr<size_t> PieceEncoder::CutPiece(const Window& window,
                                              size_t begin, size_t token,
                                              Output* output) const {
  const absl::string_view text = window.text;
  size_t one_character = begin;
  NextCharacter(text, &one_character);
  // A piece may have more tokens by itself than within the window; then it is
  // made shorter, first by those, then faster, down to a single character.
  size_t num_tokens = max_content();
  for (bool is_first = true;; is_first = false) {
    size_t limit = text.size();
    if (num_tokens == 0) {
      limit = one_character;
    } else if (num_tokens < window.content_end - token) {
      limit = CharacterBegin(text,
                             window.encoding.offsets[token + num_tokens].begin);
    }
    const size_t end =
        TrimWhiteSpace(
            text, {begin, BestCut(text, begin, std::max(limit, one_character))})
            .end;
    PARLEY_ASSIGN_OR_RETURN(Encoding encoding,
                            tokenizer_->Encode(text.substr(begin, end - begin),
                                               options_.language_token));
    if (Fits(encoding) || num_tokens == 0) {
      output->Add(begin, end, Truncate(std::move(encoding)));
      return end;
    }
    const size_t num_above =
        encoding.ids.size() - std::max(0, options_.max_source_tokens);
    num_tokens = is_first ? num_tokens - std::min(num_tokens, num_above)
                          : num_tokens * 3 / 4;
  }
}

absl::StatusOr<EncodedPiece> PieceEncoder::EncodeTruncated(
    absl::string_view text) const {
  PARLEY_ASSIGN_OR_RETURN(Window window, EncodeWindow(text));
  EncodedPiece piece = Truncate(std::move(window.encoding));
  piece.range = {0, text.size()};
  return piece;
}

}  // namespace parley
