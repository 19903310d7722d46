#include "server/pipeline/embedding/chunks.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parley {
namespace {

// Tokens of a chunk that are the text's, at most. INVALID_ARGUMENT where each
// chunk would not bring at least one that is new.
absl::StatusOr<size_t> RoomForText(size_t num_prompt_tokens,
                                   const Chunking& chunking,
                                   const ItemReader& reader) {
  const int num_special = reader.tokenizer().num_special_tokens(1);
  const int room =
      reader.window() - num_special - static_cast<int>(num_prompt_tokens);
  if (room > chunking.overlap_tokens) return static_cast<size_t>(room);
  return absl::InvalidArgumentError(absl::StrCat(
      "chunks of ", reader.window(), " tokens have no room for new text: ",
      num_special, " are special tokens, ", num_prompt_tokens,
      " are the prompt's, ", chunking.overlap_tokens, " are overlap_tokens"));
}

// Tokens that begin in the prompt.
size_t NumPromptTokens(const Encoding& encoding, size_t prompt_bytes) {
  const auto first_of_text = std::find_if(
      encoding.offsets.begin(), encoding.offsets.end(),
      [&](const ByteRange& range) { return range.begin >= prompt_bytes; });
  return prompt_bytes == 0
             ? 0
             : static_cast<size_t>(first_of_text - encoding.offsets.begin());
}

void AppendTokens(const Encoding& from, size_t begin, size_t end,
                  Encoding* to) {
  to->ids.insert(to->ids.end(), from.ids.begin() + begin,
                 from.ids.begin() + end);
  to->offsets.insert(to->offsets.end(), from.offsets.begin() + begin,
                     from.offsets.begin() + end);
}

// Where tokens [begin, end) of the prompt and text stand in the text.
ByteRange RangeOf(const Encoding& encoding, size_t begin, size_t end,
                  size_t prompt_bytes) {
  if (begin == end) return {};
  return {.begin = encoding.offsets[begin].begin - prompt_bytes,
          .end = encoding.offsets[end - 1].end - prompt_bytes};
}

}  // namespace

absl::Status CheckChunking(const Chunking& chunking, const ItemReader& reader) {
  const int most = reader.window() / 2;
  if (chunking.overlap_tokens < 0 || chunking.overlap_tokens > most) {
    return absl::InvalidArgumentError(absl::StrCat(
        "options.chunking.overlap_tokens is ", chunking.overlap_tokens,
        ", but must be from 0 to ", most, ", half of the window"));
  }
  if (reader.prompt().empty()) {
    return RoomForText(0, chunking, reader).status();
  }
  PARLEY_ASSIGN_OR_RETURN(const Encoding prompt,
                          reader.tokenizer().Tokenize(reader.prompt()));
  return RoomForText(prompt.ids.size(), chunking, reader).status();
}

absl::StatusOr<std::vector<ItemPart>> SplitIntoChunks(
    absl::string_view text, const Chunking& chunking,
    const ItemReader& reader) {
  PARLEY_ASSIGN_OR_RETURN(const Encoding encoding, reader.Tokenize(text));
  const size_t prompt_bytes = reader.prompt().size();
  const size_t num_prompt_tokens = NumPromptTokens(encoding, prompt_bytes);
  PARLEY_ASSIGN_OR_RETURN(const size_t room,
                          RoomForText(num_prompt_tokens, chunking, reader));
  const size_t overlap = static_cast<size_t>(chunking.overlap_tokens);
  std::vector<ItemPart> parts;
  for (size_t begin = num_prompt_tokens, end = 0; end < encoding.ids.size();
       begin = end - overlap) {
    end = std::min(begin + room, encoding.ids.size());
    Encoding chunk;
    AppendTokens(encoding, 0, num_prompt_tokens, &chunk);
    AppendTokens(encoding, begin, end, &chunk);
    ItemPart& part = parts.emplace_back();
    PARLEY_ASSIGN_OR_RETURN(part.input,
                            reader.tokenizer().Assemble(chunk, nullptr, {}));
    part.range = RangeOf(encoding, begin, end, prompt_bytes);
    part.num_text_tokens = static_cast<int>(end - begin);
  }
  if (!parts.empty()) return parts;
  // Without a token of text or prompt.
  PARLEY_ASSIGN_OR_RETURN(EncoderInput input, reader.ReadText(text));
  parts.push_back({.input = std::move(input)});
  return parts;
}

}  // namespace parley
