#include "engine/tokenizer/step_tokenizer.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/tokenizer/text/byte_level.h"
#include "engine/tokenizer/text/full_lowercase.h"
#include "engine/tokenizer/truncation.h"

namespace parley {
namespace {

// Where the bytes of a piece are from. Those of models that leave out
// characters may lie past the word's end, or be none; what Hugging Face's
// tokenizers answers to that is followed.
ByteRange Locate(const AlignedText& word, const Subword& piece) {
  if (piece.begin >= piece.end) {
    const size_t at = word.origin[0].begin + piece.begin;
    return {at, at};
  }
  if (piece.end > word.text.size()) return {piece.begin, piece.end};
  return word.OriginOf(piece.begin, piece.end);
}

class StepTokenizer : public EncoderTokenizer {
 private:
  // Tokens as they are found.
  struct Output {
    absl::string_view text;  // What is tokenized.
    Encoding encoding;
  };

 public:
  explicit StepTokenizer(TokenizerSteps steps)
      : steps_(std::move(steps)),
        vocab_size_(
            std::max(steps_.model->vocab_size(), steps_.added.vocab_size())),
        lowercase_(CreateFullLowercase()) {}

  absl::StatusOr<Encoding> Tokenize(absl::string_view text) const override;
  absl::StatusOr<EncoderInput> Assemble(
      const Encoding& first, const Encoding* second,
      const AssembleOptions& options) const override;
  std::string Decode(absl::Span<const TokenId> ids,
                     bool keep_special_tokens) const override;
  std::string TokenText(TokenId id) const override;
  std::optional<TokenId> FindToken(absl::string_view token) const override;

  int num_special_tokens(int num_texts) const override {
    return CountSpecialTokens(TemplateOf(num_texts));
  }
  std::optional<TokenId> mask_token() const override {
    return steps_.mask_token;
  }
  int vocab_size() const override { return vocab_size_; }
  std::optional<int> max_tokens() const override { return steps_.max_tokens; }

 private:
  const std::vector<TemplatePart>& TemplateOf(int num_texts) const {
    const PostProcessor& processor = steps_.post_processor;
    return num_texts == 1 ? processor.single : processor.pair;
  }

  absl::StatusOr<Encoding> TokenizeAsItIs(absl::string_view text) const;
  // What lies between added tokens of the text as it is.
  absl::Status AddSection(AlignedText section, Output* output) const;
  // What lies between those of the normalized text.
  absl::Status AddNormalized(AlignedText section, Output* output) const;
  void AddToken(TokenId id, ByteRange range, absl::string_view spelled,
                Output* output) const;

  const TokenizerSteps steps_;
  const int vocab_size_;
  const std::unique_ptr<const Normalizer> lowercase_;
};

absl::StatusOr<Encoding> StepTokenizer::Tokenize(absl::string_view text) const {
  if (!steps_.lowercase) return TokenizeAsItIs(text);
  AlignedText lower(text, 0);
  lowercase_->Apply(&lower);
  PARLEY_ASSIGN_OR_RETURN(Encoding encoding, TokenizeAsItIs(lower.text));
  for (std::vector<ByteRange>* offsets :
       {&encoding.offsets, &encoding.offsets_as_first}) {
    for (ByteRange& range : *offsets) {
      if (range.begin < range.end && range.end <= lower.text.size()) {
        range = lower.OriginOf(range.begin, range.end);
      } else {
        const size_t begin = range.begin < lower.text.size()
                                 ? lower.origin[range.begin].begin
                                 : text.size();
        range = {begin, begin};
      }
    }
  }
  return encoding;
}

absl::StatusOr<Encoding> StepTokenizer::TokenizeAsItIs(
    absl::string_view text) const {
  Output output{.text = text};
  for (const auto& section : steps_.added.SplitOriginal(text)) {
    const auto [begin, end, id] = section;
    const absl::string_view part = text.substr(begin, end - begin);
    if (id.has_value()) {
      AddToken(*id, {begin, end}, part, &output);
      continue;
    }
    PARLEY_RETURN_IF_ERROR(AddSection(AlignedText(part, begin), &output));
  }
  return std::move(output.encoding);
}

absl::Status StepTokenizer::AddSection(AlignedText section,
                                       Output* output) const {
  if (steps_.normalizer != nullptr) steps_.normalizer->Apply(&section);
  if (!steps_.added.has_normalized()) {
    return AddNormalized(std::move(section), output);
  }
  for (const auto& part : steps_.added.SplitNormalized(section.text)) {
    const auto [begin, end, id] = part;
    if (id.has_value()) {
      const absl::string_view spelled(section.text.data() + begin, end - begin);
      AddToken(*id, section.OriginOf(begin, end), spelled, output);
      continue;
    }
    PARLEY_RETURN_IF_ERROR(AddNormalized(section.Part(begin, end), output));
  }
  return absl::OkStatus();
}

absl::Status StepTokenizer::AddNormalized(AlignedText section,
                                          Output* output) const {
  if (section.text.empty()) return absl::OkStatus();
  std::vector<AlignedText> words;
  words.push_back(std::move(section));
  if (steps_.pre_tokenizer != nullptr) steps_.pre_tokenizer->Apply(&words);
  std::vector<Subword> pieces;
  for (const AlignedText& word : words) {
    pieces.clear();
    if (!steps_.model->Encode(word.text, &pieces)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the vocabulary has no token for some of the text at byte ",
          word.origin[0].begin, ", and no unknown token either"));
    }
    for (const Subword& piece : pieces) {
      const std::string* spelled = steps_.model->TokenText(piece.id);
      AddToken(piece.id, Locate(word, piece),
               spelled == nullptr ? "" : absl::string_view(*spelled), output);
    }
  }
  return absl::OkStatus();
}

void StepTokenizer::AddToken(TokenId id, ByteRange range,
                             absl::string_view spelled, Output* output) const {
  range.end = std::min(range.end, output->text.size());
  range.begin = std::min(range.begin, range.end);
  const OffsetTrimming& trimming = steps_.post_processor.trimming;
  if (trimming.enabled) {
    SpacedToken token = {.token = spelled,
                         .text = output->text,
                         .is_first = output->encoding.ids.empty(),
                         .add_prefix_space = trimming.add_prefix_space};
    const ByteRange trimmed = TrimOffsets(token, range);
    if (trimming.add_prefix_space) {
      token.is_first = true;
      output->encoding.offsets_as_first.push_back(TrimOffsets(token, range));
    }
    range = trimmed;
  }
  output->encoding.ids.push_back(id);
  output->encoding.offsets.push_back(range);
}

// The part of a text's tokens that remains.
struct Kept {
  size_t begin = 0;
  size_t end = 0;
};

Kept KeepOf(size_t num_tokens, size_t num_kept, TruncationSide side) {
  if (side == TruncationSide::kLeft) return {num_tokens - num_kept, num_tokens};
  return {0, num_kept};
}

void AppendText(const Encoding& text, const TemplatePart& part, Kept kept,
                EncoderInput* input) {
  const size_t count = kept.end - kept.begin;
  const auto ids = text.ids.begin();
  const auto offsets = text.offsets.begin();
  input->ids.insert(input->ids.end(), ids + kept.begin, ids + kept.end);
  const size_t first = input->offsets.size();
  input->offsets.insert(input->offsets.end(), offsets + kept.begin,
                        offsets + kept.end);
  if (kept.begin > 0 && count > 0 && !text.offsets_as_first.empty()) {
    input->offsets[first] = text.offsets_as_first[kept.begin];
  }
  input->segment_ids.insert(input->segment_ids.end(), count, part.segment_id);
  input->text_index.insert(input->text_index.end(), count, part.text_index);
}

void AppendSpecial(const TemplatePart& part, EncoderInput* input) {
  const size_t count = part.ids.size();
  input->ids.insert(input->ids.end(), part.ids.begin(), part.ids.end());
  input->offsets.insert(input->offsets.end(), count, ByteRange());
  input->segment_ids.insert(input->segment_ids.end(), count, part.segment_id);
  input->text_index.insert(input->text_index.end(), count,
                           EncoderInput::kSpecial);
}

// How many tokens of each text remain under the limit.
absl::StatusOr<std::pair<size_t, size_t>> FitLengths(
    std::pair<size_t, size_t> lengths, int num_texts, int num_special,
    const AssembleOptions& options) {
  const std::optional<int> max_tokens = options.max_tokens;
  if (!max_tokens.has_value()) return lengths;
  if (*max_tokens <= num_special) {
    return absl::InvalidArgumentError(
        absl::StrCat("a limit of ", *max_tokens, " tokens leaves no room for ",
                     "text beside ", num_special, " special tokens"));
  }
  const size_t room = *max_tokens - num_special;
  if (num_texts == 1)
    return std::pair(std::min(lengths.first, room), size_t{0});
  if (options.pair_truncation == PairTruncation::kLongestFirst) {
    return TruncateLongestFirst(lengths.first, lengths.second, room);
  }
  const auto kept = TruncateOnly(options.pair_truncation, lengths.first,
                                 lengths.second, room);
  if (kept.has_value()) return *kept;
  const bool is_first = options.pair_truncation == PairTruncation::kOnlyFirst;
  return absl::InvalidArgumentError(absl::StrCat(
      "only the ", is_first ? "first" : "second",
      " text of the pair may be cut, but the other's ",
      is_first ? lengths.second : lengths.first, " tokens and ", num_special,
      " special ones leave it no room under a limit of ", *max_tokens));
}

absl::StatusOr<EncoderInput> StepTokenizer::Assemble(
    const Encoding& first, const Encoding* second,
    const AssembleOptions& options) const {
  const int num_texts = second == nullptr ? 1 : 2;
  const std::pair<size_t, size_t> lengths = {
      first.ids.size(), second == nullptr ? 0 : second->ids.size()};
  const int num_special =
      options.add_special_tokens ? num_special_tokens(num_texts) : 0;
  PARLEY_ASSIGN_OR_RETURN(const auto kept,
                          FitLengths(lengths, num_texts, num_special, options));
  const TruncationSide side =
      options.truncation_side.value_or(steps_.truncation_side);
  EncoderInput input;
  input.truncated = kept != lengths;
  for (const TemplatePart& part : TemplateOf(num_texts)) {
    if (part.text_index == 0) {
      AppendText(first, part, KeepOf(lengths.first, kept.first, side), &input);
    } else if (part.text_index == 1) {
      AppendText(*second, part, KeepOf(lengths.second, kept.second, side),
                 &input);
    } else if (options.add_special_tokens) {
      AppendSpecial(part, &input);
    }
  }
  return input;
}

std::string StepTokenizer::Decode(absl::Span<const TokenId> ids,
                                  bool keep_special_tokens) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (TokenId id : ids) {
    const std::string* text = steps_.added.DecodedText(id);
    if (text == nullptr) text = steps_.model->TokenText(id);
    if (text == nullptr) continue;
    if (!keep_special_tokens && steps_.added.IsSpecial(*text)) continue;
    tokens.push_back(*text);
  }
  if (steps_.decoder == nullptr) {
    return MakeValidUtf8(absl::StrJoin(tokens, " "));
  }
  steps_.decoder->Apply(&tokens);
  return MakeValidUtf8(absl::StrJoin(tokens, ""));
}

std::string StepTokenizer::TokenText(TokenId id) const {
  const VocabularyAddition* added = steps_.added.Token(id);
  if (added != nullptr) return MakeValidUtf8(added->content);
  const std::string* text = steps_.model->TokenText(id);
  return text == nullptr ? "" : MakeValidUtf8(*text);
}

std::optional<TokenId> StepTokenizer::FindToken(absl::string_view token) const {
  const std::optional<TokenId> added = steps_.added.Find(token);
  return added.has_value() ? added : steps_.model->FindToken(token);
}

}  // namespace

std::unique_ptr<const EncoderTokenizer> CreateStepTokenizer(
    TokenizerSteps steps) {
  return std::make_unique<StepTokenizer>(std::move(steps));
}

}  // namespace parley
