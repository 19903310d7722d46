#include "server/pipeline/prepare.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "server/pipeline/languages.h"
#include "server/pipeline/options.h"
#include "server/pipeline/piece_encoder.h"
#include "server/pipeline/splitter.h"

namespace parley {
namespace {

// A text without the language token at its front.
struct TextToSplit {
  absl::string_view text;
  std::string prefix_token;
};

// What the tasks of a call have in common.
struct TaskOptions {
  SearchOptions search;
  bool use_shortlist = false;
};

// Prepares the texts of one call.
class Preparer {
 public:
  Preparer(const ServedModel& model, const TranslateCall& call,
           LanguageChoice languages, TaskOptions options)
      : model_(model),
        call_(call),
        languages_(std::move(languages)),
        options_(options) {}

  // An error fails the text. Its pieces are `max_pieces` + 1 at most, and it is
  // unfinished with that many.
  absl::Status PrepareText(const std::string& text, int64_t max_pieces,
                           PreparedText* prepared);

  absl::StatusOr<const PieceEncoder*> EncoderFor(const std::string& token);

 private:
  TextToSplit StripPrefix(absl::string_view text) const;
  absl::Status Encode(absl::string_view text, const PieceEncoder& encoder,
                      int64_t max_pieces,
                      std::vector<EncodedPiece>* pieces) const;
  absl::Status AddPieces(std::vector<EncodedPiece> pieces,
                         PreparedText* prepared) const;

  const ServedModel& model_;
  const TranslateCall& call_;
  const LanguageChoice languages_;
  const TaskOptions options_;
  absl::flat_hash_map<std::string, PieceEncoder> encoders_;  // By token.
};

absl::StatusOr<const PieceEncoder*> Preparer::EncoderFor(
    const std::string& token) {
  auto it = encoders_.find(token);
  if (it == encoders_.end()) {
    PARLEY_ASSIGN_OR_RETURN(
        PieceEncoder encoder,
        PieceEncoder::Create(
            model_.tokenizer.get(),
            {.language_token = token,
             .max_source_tokens = model_.info.max_source_tokens}));
    it = encoders_.emplace(token, std::move(encoder)).first;
  }
  return &it->second;
}

TextToSplit Preparer::StripPrefix(absl::string_view text) const {
  LanguagePrefix prefix = model_.tokenizer->FindLanguagePrefix(text);
  if (prefix.language_token.empty()) return {.text = text};
  text.remove_prefix(std::min(prefix.text_begin, text.size()));
  // White space there parts the token from the text and is none of the text's.
  if (call_.options.split != SplitMode::kNone) {
    text.remove_prefix(TrimWhiteSpace(text, {0, text.size()}).begin);
  }
  return {.text = text, .prefix_token = std::move(prefix.language_token)};
}

absl::Status Preparer::PrepareText(const std::string& text, int64_t max_pieces,
                                   PreparedText* prepared) {
  PARLEY_RETURN_IF_ERROR(CheckUtf8(text));
  const TextToSplit to_split = StripPrefix(text);
  if (to_split.prefix_token.empty() && IsBlank(text)) {
    prepared->itself = text;
    return absl::OkStatus();
  }
  PARLEY_ASSIGN_OR_RETURN(const std::string token,
                          languages_.TokenFor(to_split.prefix_token));
  if (IsBlank(to_split.text)) {
    prepared->itself = std::string(to_split.text);
    return absl::OkStatus();
  }
  PARLEY_ASSIGN_OR_RETURN(const PieceEncoder* encoder, EncoderFor(token));
  std::vector<EncodedPiece> pieces;
  PARLEY_RETURN_IF_ERROR(Encode(to_split.text, *encoder, max_pieces, &pieces));
  if (call_.options.split == SplitMode::kNone) {
    prepared->spacing = {"", ""};  // As transformers has it.
  } else {
    std::vector<ByteRange> ranges;
    for (const EncodedPiece& piece : pieces) ranges.push_back(piece.range);
    prepared->spacing = SpacingAround(to_split.text, ranges);
  }
  return AddPieces(std::move(pieces), prepared);
}

absl::Status Preparer::Encode(absl::string_view text,
                              const PieceEncoder& encoder, int64_t max_pieces,
                              std::vector<EncodedPiece>* pieces) const {
  if (call_.options.split == SplitMode::kNone) {
    PARLEY_ASSIGN_OR_RETURN(EncodedPiece piece, encoder.EncodeTruncated(text));
    pieces->push_back(std::move(piece));
    return absl::OkStatus();
  }
  const SplitRules rules = {.mode = call_.options.split,
                            .language = languages_.source()};
  for (const ByteRange& range : SplitText(text, rules)) {
    if (static_cast<int64_t>(pieces->size()) > max_pieces) break;
    PARLEY_RETURN_IF_ERROR(
        encoder.EncodeFitting(text, range, max_pieces, pieces));
  }
  return absl::OkStatus();
}

absl::Status Preparer::AddPieces(std::vector<EncodedPiece> pieces,
                                 PreparedText* prepared) const {
  prepared->pieces.reserve(pieces.size());
  const uint64_t seed =
      options_.search.sampling.has_value() ? TextSeed(call_.options) : 0;
  for (EncodedPiece& piece : pieces) {
    prepared->source_tokens += static_cast<int>(piece.source_ids.size());
    prepared->truncated |= piece.truncated;
    Task task = {.source_ids = std::move(piece.source_ids),
                 .search = options_.search};
    if (task.search.sampling.has_value()) {
      task.search.sampling->seed =
          PieceSeed(seed, std::ssize(prepared->pieces));
    }
    PARLEY_ASSIGN_OR_RETURN(const TaskCost cost, model_.Cost(task));
    prepared->pieces.push_back({.task = std::move(task),
                                .cost = cost,
                                .use_shortlist = options_.use_shortlist});
  }
  return absl::OkStatus();
}

// A target that each text must bring itself, and none does, is the call's own
// fault.
absl::Status CheckTarget(const ServedModel& model,
                         const LanguageChoice& languages,
                         const TranslateCall& call) {
  if (languages.default_token()) return absl::OkStatus();
  for (const std::string& text : call.texts) {
    if (!model.tokenizer->FindLanguagePrefix(text).language_token.empty()) {
      return absl::OkStatus();
    }
  }
  return languages.TokenFor("").status();
}

}  // namespace

absl::StatusOr<PreparedCall> PrepareCall(const ServedModel& model,
                                         const CallLimits& limits,
                                         const TranslateCall& call) {
  PARLEY_RETURN_IF_ERROR(CheckNumItems("texts", call.texts.size(), limits));
  PreparedCall prepared;
  PARLEY_ASSIGN_OR_RETURN(prepared.search,
                          ResolveSearchOptions(call.options, model.info));
  PARLEY_ASSIGN_OR_RETURN(const bool use_shortlist,
                          ResolveShortlist(call.options, model.info));
  PARLEY_ASSIGN_OR_RETURN(
      LanguageChoice languages,
      LanguageChoice::Create(model.info.languages, call.source_language,
                             call.target_language));
  PARLEY_RETURN_IF_ERROR(CheckTarget(model, languages, call));
  const std::string default_token = languages.default_token().value_or("");
  Preparer preparer(
      model, call, std::move(languages),
      {.search = prepared.search, .use_shortlist = use_shortlist});
  // A target that the model's vocabulary lacks is refused here, for all texts.
  PARLEY_RETURN_IF_ERROR(preparer.EncoderFor(default_token).status());
  const int64_t max_pieces = model.queue->max_tasks();
  for (const std::string& text : call.texts) {
    PARLEY_RETURN_IF_ERROR(StillWanted(call.context));
    PreparedText& next = prepared.texts.emplace_back();
    next.status =
        preparer.PrepareText(text, max_pieces - prepared.num_pieces, &next);
    if (!next.status.ok()) next.pieces.clear();
    prepared.num_pieces += std::ssize(next.pieces);
    if (prepared.num_pieces > max_pieces) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "the call's ", call.texts.size(), " texts make more than ",
          max_pieces, " sentences, which is all that the queue can hold"));
    }
  }
  return prepared;
}

}  // namespace parley
