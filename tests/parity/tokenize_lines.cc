// Tokenizes JSON lines with an encoder's tokenizer, for tests/parity/run.py.
//
//   tokenize_lines DIRECTORY <LINES >RESULTS
//
// Each line is {"text": ...}. Each result is {"ids": [...], "offsets":
// [[begin, end], ...], "decoded": ...}, offsets in bytes, without special
// tokens around the text; or {"error": ...}.
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/tokenizer/encoder_tokenizer_loader.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

using Json = nlohmann::json;

Json Answer(const EncoderTokenizer& tokenizer, const Json& line) {
  const absl::StatusOr<Encoding> encoding =
      tokenizer.Tokenize(line["text"].get_ref<const std::string&>());
  if (!encoding.ok()) return {{"error", encoding.status().message()}};
  Json offsets = Json::array();
  for (const ByteRange& range : encoding->offsets) {
    offsets.push_back({range.begin, range.end});
  }
  return {{"ids", encoding->ids},
          {"offsets", std::move(offsets)},
          {"decoded", tokenizer.Decode(encoding->ids, true)}};
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
