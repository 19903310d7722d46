#include "engine/tokenizer/piece_cutter.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/tokenizer/model_file.h"
#include "engine/tokenizer/sentencepiece_check.h"

namespace parley {
namespace {

constexpr char kSpacePiece[] = "\xE2\x96\x81";  // "▁"

std::string_view Std(absl::string_view text) {
  return {text.data(), text.size()};
}

absl::Status Failed(absl::string_view what, const std::string& error) {
  return absl::InternalError(
      absl::StrCat("SentencePiece cannot ", what, ": ", error));
}

}  // namespace

struct PieceCutter::Part {
  size_t begin = 0;  // Bytes of the text.
  size_t end = 0;
  // Begins inside a run of unknown characters, without a space before it.
  bool continues_unknown = false;
};

PieceCutter::PieceCutter(std::unique_ptr<const SentencePieceModel> model)
    : model_(std::move(model)) {}

absl::StatusOr<PieceCutter> PieceCutter::Load(const std::string& path) {
  PARLEY_ASSIGN_OR_RETURN(const std::string bytes,
                          ReadModelFile(path, kMaxSentencePieceFileBytes));
  PARLEY_RETURN_IF_ERROR(CheckSentencePieceModel(bytes, path));
  std::string error;
  auto model = SentencePieceModel::FromBytes(bytes, &error);
  if (model == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": SentencePiece cannot load it: ", MakeValidUtf8(error)));
  }
  return PieceCutter(std::move(model));
}

absl::StatusOr<std::vector<SentencePiece>> PieceCutter::Cut(
    absl::string_view text) const {
  std::vector<SentencePiece> pieces;
  if (text.size() <= kMaxUnknownRun) {
    PARLEY_RETURN_IF_ERROR(CutPart(text, {.end = text.size()}, &pieces));
    return pieces;
  }
  PARLEY_ASSIGN_OR_RETURN(const std::vector<Part> parts, Plan(text));
  for (const Part& part : parts) {
    PARLEY_RETURN_IF_ERROR(CutPart(text, part, &pieces));
  }
  return pieces;
}

absl::StatusOr<std::vector<PieceCutter::Part>> PieceCutter::Plan(
    absl::string_view text) const {
  std::vector<Part> parts;
  KindCache cache;
  Part part;
  size_t last_space = 0;  // Of this part; its begin where there is none.
  int run = 0;            // Unknown characters up to here.
  const auto cut = [&](size_t at, bool continues_unknown) {
    part.end = at;
    parts.push_back(part);
    part = {.begin = at, .continues_unknown = continues_unknown};
    last_space = at;
  };
  size_t at = 0;
  while (at < text.size()) {
    // A byte that is not UTF-8 counts as a character.
    const size_t num_bytes =
        std::max<size_t>(1, Utf8CharacterBytes(text.substr(at, 4)));
    const absl::string_view character = text.substr(at, num_bytes);
    PARLEY_ASSIGN_OR_RETURN(const Kind kind, KindOf(character, &cache));
    if (character == " ") last_space = at;
    if (at + num_bytes - part.begin > kMaxPartBytes) {
      if (last_space > part.begin) {
        cut(last_space, false);
      } else {
        cut(at, kind == Kind::kUnknown && run > 0);
        run = 0;
      }
    } else if (kind == Kind::kUnknown && run == kMaxUnknownRun) {
      cut(at, true);
      run = 0;
    }
    if (kind == Kind::kKnown) run = 0;
    if (kind == Kind::kUnknown) ++run;
    at += num_bytes;
  }
  cut(text.size(), false);
  return parts;
}

absl::StatusOr<PieceCutter::Kind> PieceCutter::KindOf(
    absl::string_view character, KindCache* cache) const {
  const auto it = cache->find(character);
  if (it != cache->end()) return it->second;
  PARLEY_ASSIGN_OR_RETURN(const Kind kind, FindKind(character));
  cache->emplace(character, kind);
  return kind;
}

absl::StatusOr<PieceCutter::Kind> PieceCutter::FindKind(
    absl::string_view character) const {
  std::string error;
  std::vector<SentencePiece> pieces;
  if (!model_->Encode(Std(character), &pieces, &error)) {
    return Failed("encode", error);
  }
  for (const SentencePiece& piece : pieces) {
    if (piece.unknown) return Kind::kUnknown;
  }
  // What is left is known, white space, or taken out. Between two others, the
  // last leaves no trace.
  std::string alone;
  std::string between;
  if (!model_->Normalize("xx", &alone, &error) ||
      !model_->Normalize("x" + std::string(character) + "x", &between,
                         &error)) {
    return Failed("normalize", error);
  }
  return alone == between ? Kind::kNothing : Kind::kKnown;
}

absl::Status PieceCutter::CutPart(absl::string_view text, const Part& part,
                                  std::vector<SentencePiece>* pieces) const {
  std::string error;
  std::vector<SentencePiece> cut;
  const absl::string_view piece_text =
      text.substr(part.begin, part.end - part.begin);
  if (!model_->Encode(Std(piece_text), &cut, &error)) {
    return Failed("encode", error);
  }
  for (SentencePiece& piece : cut) {
    piece.begin += part.begin;
    piece.end += part.begin;
  }
  auto first = cut.begin();
  if (part.continues_unknown) {
    // The space that SentencePiece puts before every text.
    if (first != cut.end() && first->piece == kSpacePiece) ++first;
    if (first != cut.end() && first->unknown && !pieces->empty() &&
        pieces->back().unknown) {
      pieces->back().piece += first->piece;
      pieces->back().end = first->end;
      ++first;
    }
  }
  pieces->insert(pieces->end(), std::make_move_iterator(first),
                 std::make_move_iterator(cut.end()));
  return absl::OkStatus();
}

absl::StatusOr<std::string> PieceCutter::Join(
    const std::vector<std::string>& pieces) const {
  std::string text;
  std::string error;
  if (!model_->Decode(pieces, &text, &error)) return Failed("decode", error);
  return text;
}

}  // namespace parley
