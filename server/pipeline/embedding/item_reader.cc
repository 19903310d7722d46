#include "server/pipeline/embedding/item_reader.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parley {
namespace {

absl::Status TooLong(size_t num_tokens, int window) {
  return absl::InvalidArgumentError(absl::StrCat(
      "it has ", num_tokens,
      " tokens, special ones included, but may have at most ", window));
}

std::optional<TruncationSide> SideOf(const TokenLimits& limits) {
  if (limits.truncation == Truncation::kRight) return TruncationSide::kRight;
  if (limits.truncation == Truncation::kLeft) return TruncationSide::kLeft;
  return std::nullopt;
}

// Of models that know no segments, tokenizers may still tell the sides apart.
void DropUnknownSegments(const EncoderInfo& info, EncoderInput* input) {
  if (info.num_segments > 1) return;
  std::fill(input->segment_ids.begin(), input->segment_ids.end(), 0);
}

}  // namespace

absl::StatusOr<ItemReader> ItemReader::Create(const ServedModel* model,
                                              Options options) {
  const ModelInfo& info = model->info;
  ItemReader reader(model, std::move(options),
                    std::min(info.encoder.max_tokens, info.max_source_tokens));
  const Options& own = reader.options_;
  if (own.takes_any_length || !own.limits.max_tokens) return reader;
  const int least = reader.NumSpecialTokens(own.takes_pairs ? 2 : 1) + 1;
  reader.window_ = *own.limits.max_tokens;
  if (reader.window_ >= least && reader.window_ <= info.max_source_tokens) {
    return reader;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "limits.max_tokens is ", reader.window_, ", but must be from ", least,
      " to ", info.max_source_tokens));
}

int ItemReader::NumSpecialTokens(int num_texts) const {
  return options_.add_special_tokens ? tokenizer().num_special_tokens(num_texts)
                                     : 0;
}

absl::StatusOr<Encoding> ItemReader::Tokenize(absl::string_view text) const {
  PARLEY_RETURN_IF_ERROR(CheckUtf8(text));
  if (options_.prompt.empty()) return tokenizer().Tokenize(text);
  return tokenizer().Tokenize(absl::StrCat(options_.prompt, text));
}

absl::StatusOr<EncoderInput> ItemReader::Assemble(
    const Encoding& first, const Encoding* second) const {
  AssembleOptions assemble = {
      .truncation_side = SideOf(options_.limits),
      .pair_truncation = options_.limits.pair_truncation,
      .add_special_tokens = options_.add_special_tokens};
  if (!options_.takes_any_length) {
    assemble.max_tokens = window_;
    const size_t num_tokens =
        first.ids.size() + (second == nullptr ? 0 : second->ids.size()) +
        static_cast<size_t>(NumSpecialTokens(second == nullptr ? 1 : 2));
    if (options_.limits.truncation == Truncation::kRefuse &&
        num_tokens > static_cast<size_t>(window_)) {
      return TooLong(num_tokens, window_);
    }
  }
  PARLEY_ASSIGN_OR_RETURN(EncoderInput input,
                          tokenizer().Assemble(first, second, assemble));
  DropUnknownSegments(model_->info.encoder, &input);
  return input;
}

absl::StatusOr<int> ItemReader::CountPromptTokens() const {
  if (options_.prompt.empty()) return 0;
  PARLEY_ASSIGN_OR_RETURN(const Encoding encoding,
                          tokenizer().Tokenize(options_.prompt));
  PARLEY_ASSIGN_OR_RETURN(
      const EncoderInput input,
      tokenizer().Assemble(encoding, nullptr, {.max_tokens = window_}));
  const int num_tokens = static_cast<int>(input.ids.size());
  const bool ends_special = !input.text_index.empty() &&
                            input.text_index.back() == EncoderInput::kSpecial;
  return ends_special ? num_tokens - 1 : num_tokens;
}

absl::StatusOr<EncoderInput> ItemReader::ReadText(
    absl::string_view text) const {
  PARLEY_ASSIGN_OR_RETURN(const Encoding encoding, Tokenize(text));
  return Assemble(encoding, nullptr);
}

absl::StatusOr<EncoderInput> ItemReader::ReadPair(const TextPair& pair) const {
  if (!pair.first || !pair.second) {
    return absl::InvalidArgumentError(
        absl::StrCat("a pair has both of its texts set, but here `",
                     !pair.first ? "first" : "second", "` is missing"));
  }
  PARLEY_ASSIGN_OR_RETURN(const Encoding first, Tokenize(*pair.first));
  // transformers reads an empty second text as none.
  if (pair.second->empty()) return Assemble(first, nullptr);
  PARLEY_RETURN_IF_ERROR(CheckUtf8(*pair.second));
  PARLEY_ASSIGN_OR_RETURN(const Encoding second,
                          tokenizer().Tokenize(*pair.second));
  return Assemble(first, &second);
}

absl::StatusOr<EncoderInput> ItemReader::ReadInput(
    const TokenInput& input) const {
  const size_t num_tokens = input.token_ids.size();
  const int window =
      options_.limits.max_tokens ? window_ : model_->info.max_source_tokens;
  if (num_tokens == 0) {
    return absl::InvalidArgumentError("token_ids is empty");
  }
  if (num_tokens > static_cast<size_t>(window)) {
    return TooLong(num_tokens, window);
  }
  if (!input.segment_ids.empty() && input.segment_ids.size() != num_tokens) {
    return absl::InvalidArgumentError(
        absl::StrCat("segment_ids has ", input.segment_ids.size(),
                     " entries, but token_ids has ", num_tokens));
  }
  EncoderInput read;
  read.ids = input.token_ids;
  read.offsets.resize(num_tokens);
  read.text_index.resize(num_tokens, 0);
  read.segment_ids.reserve(num_tokens);
  for (const int segment : input.segment_ids) {
    if (segment < 0 || segment >= model_->info.encoder.num_segments ||
        segment > std::numeric_limits<uint8_t>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("segment ", segment, " is none of the model's ",
                       model_->info.encoder.num_segments));
    }
    read.segment_ids.push_back(static_cast<uint8_t>(segment));
  }
  read.segment_ids.resize(num_tokens, 0);
  return read;
}

}  // namespace parley
