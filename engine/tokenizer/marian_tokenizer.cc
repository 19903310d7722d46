#include "engine/tokenizer/marian_tokenizer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/piece_cutter.h"
#include "engine/tokenizer/tokenizer_config.h"
#include "engine/tokenizer/vocabulary.h"
#include "engine/tokenizer/whitespace.h"

namespace parley {
namespace {

constexpr absl::string_view kLanguageBegin = ">>";
constexpr absl::string_view kLanguageEnd = "<<";

// Bytes of what `text` starts with and looks like a language token; 0 where
// nothing does. Whatever stands between the marks counts, as it does in
// transformers.
size_t LanguageTokenBytes(absl::string_view text) {
  if (!absl::StartsWith(text, kLanguageBegin)) return 0;
  const size_t end = text.find(kLanguageEnd);
  return end == text.npos ? 0 : end + kLanguageEnd.size();
}

void AddSpecial(TokenId id, size_t at, Encoding* encoding) {
  encoding->ids.push_back(id);
  encoding->offsets.push_back({at, at});
}

// Takes the spaces away that word-by-word tokenizers leave, in the order in
// which transformers does it: each replacement sees the text left by the one
// before.
std::string CleanUpSpaces(std::string text) {
  static constexpr std::pair<absl::string_view, absl::string_view> kRules[] = {
      {" .", "."},     {" ?", "?"},     {" !", "!"},   {" ,", ","},
      {" ' ", "'"},    {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"},
      {" 've", "'ve"}, {" 're", "'re"},
  };
  for (const auto& rule : kRules) {
    text = absl::StrReplaceAll(text, {rule});
  }
  return text;
}

// What Load reads.
struct Parts {
  TokenizerConfig config;
  Vocabulary source_vocabulary;
  std::optional<Vocabulary> separate_target_vocabulary;
  PieceCutter encoder;                 // source.spm.
  std::optional<PieceCutter> decoder;  // target.spm, if source.spm is not it.
  AddedTokens added_tokens;
};

class MarianTokenizerImpl : public MarianTokenizer {
 public:
  explicit MarianTokenizerImpl(Parts parts);

  absl::StatusOr<Encoding> Encode(
      absl::string_view text, absl::string_view language_token) const override;
  std::string Decode(absl::Span<const TokenId> ids) const override;
  std::string TokenText(TokenId id) const override;
  LanguagePrefix FindLanguagePrefix(absl::string_view text) const override;
  const MarianTokenizerInfo& info() const override { return info_; }
  const Vocabulary& source_vocabulary() const override {
    return parts_.source_vocabulary;
  }
  const Vocabulary& target_vocabulary() const override {
    return parts_.separate_target_vocabulary.has_value()
               ? *parts_.separate_target_vocabulary
               : parts_.source_vocabulary;
  }

 private:
  const PieceCutter& decoder() const {
    return parts_.decoder.has_value() ? *parts_.decoder : parts_.encoder;
  }

  std::optional<TokenId> FindSource(absl::string_view token) const {
    const std::optional<TokenId> added = parts_.added_tokens.Find(token);
    return added.has_value() ? added : parts_.source_vocabulary.Find(token);
  }
  TokenId SourceId(absl::string_view token) const {
    return FindSource(token).value_or(unk_id_);
  }

  void FillInfo();
  void FillTargetLanguages();
  // Appends the tokens of a text and </s>. A second language token right
  // behind the first is text.
  absl::Status EncodeText(absl::string_view text, bool after_language,
                          Encoding* encoding) const;
  // Appends the tokens of a text without added tokens, whose first byte is
  // byte `begin` of the whole text.
  absl::Status EncodeSection(absl::string_view section, size_t begin,
                             Encoding* encoding) const;

  const Parts parts_;
  MarianTokenizerInfo info_;
  TokenId unk_id_ = 0;  // Of the source side, as are the others.
  TokenId eos_id_ = 0;
  absl::flat_hash_set<TokenId> special_ids_;
  absl::flat_hash_set<std::string> special_texts_;
  AddedTokens found_in_text_;  // Empty where special tokens are text.
};

MarianTokenizerImpl::MarianTokenizerImpl(Parts parts)
    : parts_(std::move(parts)) {
  // Load made sure of both.
  unk_id_ = FindSource(parts_.config.unk_token).value_or(0);
  eos_id_ = FindSource(parts_.config.eos_token).value_or(0);
  for (const std::string& text : parts_.config.special_tokens) {
    special_texts_.insert(text);
    special_ids_.insert(SourceId(text));
  }
  if (!parts_.config.split_special_tokens) {
    found_in_text_ = parts_.added_tokens;
  }
  FillInfo();
}

void MarianTokenizerImpl::FillInfo() {
  info_.source_language = parts_.config.source_language;
  info_.target_language = parts_.config.target_language;
  info_.max_tokens = parts_.config.max_tokens;
  info_.source_vocab_size = parts_.source_vocabulary.size();
  for (const AddedToken& token : parts_.added_tokens.tokens()) {
    info_.source_vocab_size = std::max(info_.source_vocab_size, token.id + 1);
  }
  info_.target_vocab_size = parts_.separate_target_vocabulary.has_value()
                                ? target_vocabulary().size()
                                : info_.source_vocab_size;
  FillTargetLanguages();
}

void MarianTokenizerImpl::FillTargetLanguages() {
  for (TokenId id = 0; id < parts_.source_vocabulary.size(); ++id) {
    const std::string* token = parts_.source_vocabulary.Token(id);
    if (token == nullptr) continue;
    const size_t mark = kLanguageBegin.size();
    if (token->size() <= 2 * mark ||
        LanguageTokenBytes(*token) != token->size()) {
      continue;
    }
    info_.target_languages.push_back(
        token->substr(mark, token->size() - 2 * mark));
  }
}

absl::StatusOr<Encoding> MarianTokenizerImpl::Encode(
    absl::string_view text, absl::string_view language_token) const {
  Encoding encoding;
  if (language_token.empty()) {
    PARLEY_RETURN_IF_ERROR(
        EncodeText(text, /*after_language=*/false, &encoding));
    return encoding;
  }
  const std::optional<TokenId> id = FindSource(language_token);
  if (!id.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the vocabulary has no language token \"",
        absl::Utf8SafeCEscape(MakeValidUtf8(language_token)), "\""));
  }
  AddSpecial(*id, 0, &encoding);
  // As if ">>xx<< text" had been written.
  PARLEY_RETURN_IF_ERROR(EncodeText(absl::StrCat(" ", text),
                                    /*after_language=*/true, &encoding));
  for (ByteRange& range : encoding.offsets) {
    range = {std::max<size_t>(range.begin, 1) - 1,
             std::max<size_t>(range.end, 1) - 1};
  }
  return encoding;
}

absl::Status MarianTokenizerImpl::EncodeText(absl::string_view text,
                                             bool after_language,
                                             Encoding* encoding) const {
  bool may_begin_with_language = !after_language;
  for (const AddedTokens::Section& section : found_in_text_.Split(text)) {
    absl::string_view part =
        text.substr(section.begin, section.end - section.begin);
    if (section.id.has_value()) {
      AddSpecial(*section.id, section.begin, encoding);
    } else {
      // transformers looks for one in front of every section. One that the
      // vocabulary does not have is an unknown token.
      const size_t code =
          may_begin_with_language ? LanguageTokenBytes(part) : 0;
      if (code > 0) {
        AddSpecial(SourceId(part.substr(0, code)), section.begin, encoding);
      }
      part.remove_prefix(code);
      PARLEY_RETURN_IF_ERROR(
          EncodeSection(part, section.begin + code, encoding));
    }
    may_begin_with_language = true;
  }
  AddSpecial(eos_id_, text.size(), encoding);
  return absl::OkStatus();
}

absl::Status MarianTokenizerImpl::EncodeSection(absl::string_view section,
                                                size_t begin,
                                                Encoding* encoding) const {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<SentencePiece> pieces,
                          parts_.encoder.Cut(section));
  for (const SentencePiece& piece : pieces) {
    encoding->ids.push_back(SourceId(piece.piece));
    encoding->offsets.push_back({begin + piece.begin, begin + piece.end});
  }
  return absl::OkStatus();
}

std::string MarianTokenizerImpl::Decode(absl::Span<const TokenId> ids) const {
  std::string text;
  std::vector<std::string> pieces;
  const auto join = [&] {
    // It can only fail for want of memory, which ends the process elsewhere.
    text += decoder().Join(pieces).value_or("");
    pieces.clear();
  };
  for (TokenId id : ids) {
    if (special_ids_.contains(id)) continue;
    // transformers looks at the added tokens first, with separate
    // vocabularies too, where their ids are those of the source side.
    const std::string* token = parts_.added_tokens.Token(id);
    if (token == nullptr) token = target_vocabulary().Token(id);
    if (token == nullptr) continue;  // The unknown token, which is special.
    if (special_texts_.contains(*token)) {
      join();
      absl::StrAppend(&text, *token, " ");
    } else {
      pieces.push_back(*token);
    }
  }
  join();
  text = MakeValidUtf8(absl::StrReplaceAll(text, {{"\xE2\x96\x81", " "}}));
  text = std::string(StripWhitespace(text));
  return parts_.config.clean_up_spaces ? CleanUpSpaces(std::move(text)) : text;
}

std::string MarianTokenizerImpl::TokenText(TokenId id) const {
  const std::string* token = target_vocabulary().Token(id);
  if (token == nullptr) token = parts_.added_tokens.Token(id);
  return MakeValidUtf8(token == nullptr ? parts_.config.unk_token : *token);
}

LanguagePrefix MarianTokenizerImpl::FindLanguagePrefix(
    absl::string_view text) const {
  const size_t num_bytes = LanguageTokenBytes(text);
  const absl::string_view token = text.substr(0, num_bytes);
  if (num_bytes == 0 || !FindSource(token).has_value()) return {};
  return {.language_token = std::string(token), .text_begin = num_bytes};
}

// Special tokens join the added ones by their id in the vocabulary. One that
// has none is left out: transformers would number it past the vocabulary's
// end, where a model has no embedding.
AddedTokens GatherAddedTokens(const TokenizerConfig& config,
                              const Vocabulary& vocabulary) {
  std::vector<AddedToken> tokens = config.added_tokens;
  absl::flat_hash_set<std::string> listed;
  for (const AddedToken& token : tokens) listed.insert(token.text);
  for (const std::string& text : config.special_tokens) {
    const std::optional<TokenId> id = vocabulary.Find(text);
    if (id.has_value() && !listed.contains(text)) {
      tokens.push_back({.text = text, .id = *id});
    }
  }
  return AddedTokens(std::move(tokens));
}

absl::Status RequireToken(const Vocabulary& vocabulary,
                          const std::string& token, const std::string& path) {
  if (vocabulary.Find(token).has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": it has no token \"", absl::Utf8SafeCEscape(token), "\""));
}

}  // namespace

absl::StatusOr<std::unique_ptr<MarianTokenizer>> MarianTokenizer::Load(
    const std::string& directory) {
  PARLEY_ASSIGN_OR_RETURN(TokenizerConfig config,
                          ReadTokenizerConfig(directory));
  const std::string path = absl::StrCat(directory, "/vocab.json");
  PARLEY_ASSIGN_OR_RETURN(Vocabulary vocabulary, Vocabulary::Read(path));
  PARLEY_RETURN_IF_ERROR(RequireToken(vocabulary, config.unk_token, path));
  PARLEY_RETURN_IF_ERROR(RequireToken(vocabulary, config.eos_token, path));
  PARLEY_ASSIGN_OR_RETURN(PieceCutter encoder,
                          PieceCutter::Load(directory + "/source.spm"));
  // Joint vocabularies decode with source.spm. A broken target.spm is refused
  // all the same.
  PARLEY_ASSIGN_OR_RETURN(PieceCutter decoder,
                          PieceCutter::Load(directory + "/target.spm"));
  AddedTokens added_tokens = GatherAddedTokens(config, vocabulary);
  const bool separate = config.separate_vocabs;
  Parts parts{.config = std::move(config),
              .source_vocabulary = std::move(vocabulary),
              .encoder = std::move(encoder),
              .added_tokens = std::move(added_tokens)};
  if (separate) {
    const std::string target_path = directory + "/target_vocab.json";
    PARLEY_ASSIGN_OR_RETURN(Vocabulary target, Vocabulary::Read(target_path));
    PARLEY_RETURN_IF_ERROR(
        RequireToken(target, parts.config.unk_token, target_path));
    PARLEY_RETURN_IF_ERROR(
        RequireToken(target, parts.config.eos_token, target_path));
    parts.separate_target_vocabulary = std::move(target);
    parts.decoder = std::move(decoder);
  }
  return std::make_unique<MarianTokenizerImpl>(std::move(parts));
}

}  // namespace parley
