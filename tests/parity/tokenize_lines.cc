// Tokenizes JSON lines with an encoder's tokenizer, for tests/parity/run.py.
//
//   tokenize_lines DIRECTORY <LINES >RESULTS
//
// A line is {"text": ...}: its result is {"ids": [...], "offsets": [[begin,
// end],
// ...], "decoded": ...}, offsets in bytes, without special tokens around the
// text. Or it is {"text": ..., "pair": ..., "max_tokens": ..., "side": "left"
// or "right"}, where "pair" may be missing: its result is {"ids", "offsets",
// "segments", "texts"}, with special tokens, "texts" -1 for those. What cannot
// be tokenized is {"error": ...}.
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "engine/tokenizer/encoder_tokenizer_loader.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

using Json = nlohmann::json;

Json OffsetsOf(const std::vector<ByteRange>& ranges) {
  Json offsets = Json::array();
  for (const ByteRange& range : ranges) {
    offsets.push_back({range.begin, range.end});
  }
  return offsets;
}

absl::StatusOr<Encoding> Tokenize(const EncoderTokenizer& tokenizer,
                                  const Json& text) {
  return tokenizer.Tokenize(text.get_ref<const std::string&>());
}

PairTruncation StrategyOf(const std::string& name) {
  if (name == "only_first") return PairTruncation::kOnlyFirst;
  if (name == "only_second") return PairTruncation::kOnlySecond;
  return PairTruncation::kLongestFirst;
}

absl::StatusOr<Json> AnswerAssembled(const EncoderTokenizer& tokenizer,
                                     const Json& line) {
  PARLEY_ASSIGN_OR_RETURN(const Encoding first,
                          Tokenize(tokenizer, line["text"]));
  Encoding second;
  const bool has_pair = line.contains("pair");
  if (has_pair) {
    PARLEY_ASSIGN_OR_RETURN(second, Tokenize(tokenizer, line["pair"]));
  }
  const bool is_left = line["side"] == "left";
  PARLEY_ASSIGN_OR_RETURN(
      const EncoderInput input,
      tokenizer.Assemble(first, has_pair ? &second : nullptr,
                         {.max_tokens = line["max_tokens"].get<int>(),
                          .truncation_side = is_left ? TruncationSide::kLeft
                                                     : TruncationSide::kRight,
                          .pair_truncation = StrategyOf(line["strategy"])}));
  return Json{{"ids", input.ids},
              {"offsets", OffsetsOf(input.offsets)},
              {"segments", input.segment_ids},
              {"texts", input.text_index}};
}

absl::StatusOr<Json> AnswerTokens(const EncoderTokenizer& tokenizer,
                                  const Json& line) {
  PARLEY_ASSIGN_OR_RETURN(const Encoding encoding,
                          Tokenize(tokenizer, line["text"]));
  return Json{{"ids", encoding.ids},
              {"offsets", OffsetsOf(encoding.offsets)},
              {"decoded", tokenizer.Decode(encoding.ids, true)}};
}

Json Answer(const EncoderTokenizer& tokenizer, const Json& line) {
  absl::StatusOr<Json> answer = line.contains("max_tokens")
                                    ? AnswerAssembled(tokenizer, line)
                                    : AnswerTokens(tokenizer, line);
  if (!answer.ok()) return {{"error", answer.status().message()}};
  return *std::move(answer);
}

int Run(const std::string& directory) {
  const auto tokenizer = LoadEncoderTokenizer(directory, {});
  if (!tokenizer.ok()) {
    std::cerr << tokenizer.status() << "\n";
    return 1;
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    try {
      std::cout << Answer(**tokenizer, Json::parse(line)).dump() << "\n";
    } catch (const std::exception& exception) {
      std::cerr << "not a line of this program's: " << exception.what() << "\n";
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace parley

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "expected one argument: the tokenizer's directory\n";
    return 2;
  }
  std::ios::sync_with_stdio(false);
  return parley::Run(argv[1]);
}
