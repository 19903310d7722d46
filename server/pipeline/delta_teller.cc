#include "server/pipeline/delta_teller.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/pipeline/stable_text.h"

namespace parley {

void DeltaTeller::AddText(std::vector<std::string> spacing) {
  Text& text = texts_.emplace_back();
  if (!spacing.empty()) text.pieces.resize(spacing.size() - 1);
  text.spacing = std::move(spacing);
}

void DeltaTeller::AddItself(const std::string& text) {
  texts_.emplace_back();
  options_.tell({.index = texts_.size() - 1, .text = text, .is_last = true});
}

void DeltaTeller::Progress(Place place, absl::Span<const TokenId> token_ids) {
  Text& text = texts_[place.text];
  std::vector<TokenId>& known = text.pieces[place.piece].token_ids;
  known.insert(known.end(), token_ids.begin(), token_ids.end());
  // Only whole pieces can fail.
  if (place.piece == text.next) Advance(place.text).IgnoreError();
}

absl::Status DeltaTeller::Complete(Place place, const PieceHypothesis& best) {
  Piece& piece = texts_[place.text].pieces[place.piece];
  piece.token_ids = best.hypothesis.token_ids;
  piece.text = best.text;
  piece.whole = true;
  return Advance(place.text);
}

absl::Status DeltaTeller::Advance(size_t index) {
  Text& text = texts_[index];
  if (text.failed || text.next == text.pieces.size()) return absl::OkStatus();
  TextDelta delta = {.index = index};
  while (text.next < text.pieces.size()) {
    const bool whole = text.pieces[text.next].whole;
    const absl::Status added = AddNews(text, &delta);
    if (!whole) break;
    if (!added.ok()) {
      text.failed = true;
      return added;
    }
    ++text.next;
    delta.text += text.spacing[text.next];
    text.told.clear();
    text.num_ids_told = 0;
  }
  delta.is_last = text.next == text.pieces.size();
  if (delta.is_last || !delta.text.empty() || !delta.token_ids.empty()) {
    options_.tell(std::move(delta));
  }
  return absl::OkStatus();
}

absl::Status DeltaTeller::AddNews(Text& text, TextDelta* delta) const {
  Piece& piece = text.pieces[text.next];
  std::string decoded = std::move(piece.text);
  if (!piece.whole) {
    decoded = options_.tokenizer->Decode(piece.token_ids);
    decoded.resize(StablePrefixBytes(decoded));
    // It may have become shorter: what follows can shorten what is held back.
    if (absl::StartsWith(text.told, decoded)) decoded = text.told;
  }
  if (!absl::StartsWith(decoded, text.told)) {
    return absl::InternalError(
        absl::StrCat("the translation of piece ", text.next, " changed after ",
                     text.told.size(), " bytes of it had been told"));
  }
  const bool starts = text.next == 0 && text.told.empty();
  const absl::string_view news =
      absl::string_view(decoded).substr(text.told.size());
  // The white space before a text goes with its first word.
  if (starts && (piece.whole || !news.empty())) delta->text += text.spacing[0];
  absl::StrAppend(&delta->text, news);
  if (options_.return_tokens) {
    delta->token_ids.insert(delta->token_ids.end(),
                            piece.token_ids.begin() + text.num_ids_told,
                            piece.token_ids.end());
    text.num_ids_told = piece.token_ids.size();
  }
  text.told = std::move(decoded);
  return absl::OkStatus();
}

}  // namespace parley
