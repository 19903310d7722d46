#include "tests/engine/tokenizer/golden_tokens.h"

#include <cstdint>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/tokenizer/encoder_tokenizer_loader.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

using Json = nlohmann::json;
using Offsets = std::vector<std::pair<size_t, size_t>>;

Offsets OffsetsOf(const Encoding& encoding) {
  Offsets offsets;
  for (const ByteRange& range : encoding.offsets) {
    offsets.emplace_back(range.begin, range.end);
  }
  return offsets;
}

void ExpectTokens(const EncoderTokenizer& tokenizer, const Json& golden) {
  const auto encoding = tokenizer.Tokenize(golden["text"].get<std::string>());
  ASSERT_TRUE(encoding.ok()) << encoding.status();
  EXPECT_EQ(encoding->ids, golden["ids"].get<std::vector<TokenId>>());
  EXPECT_EQ(OffsetsOf(*encoding), golden["offsets"].get<Offsets>());
}

void ExpectDecoded(const EncoderTokenizer& tokenizer, const Json& golden) {
  const auto encoding = tokenizer.Tokenize(golden["text"].get<std::string>());
  ASSERT_TRUE(encoding.ok()) << encoding.status();
  EXPECT_EQ(tokenizer.Decode(encoding->ids, /*keep_special_tokens=*/true),
            golden["decoded"].get<std::string>());
}

void ExpectAssembled(const EncoderTokenizer& tokenizer, const Json& golden) {
  const auto first = tokenizer.Tokenize(golden["text"].get<std::string>());
  ASSERT_TRUE(first.ok()) << first.status();
  Encoding second;
  const bool has_pair = !golden["pair"].is_null();
  if (has_pair) {
    auto pair = tokenizer.Tokenize(golden["pair"].get<std::string>());
    ASSERT_TRUE(pair.ok()) << pair.status();
    second = *std::move(pair);
  }
  const auto input =
      tokenizer.Assemble(*first, has_pair ? &second : nullptr, {});
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ(input->ids, golden["ids"].get<std::vector<TokenId>>());
  EXPECT_EQ(input->segment_ids, golden["segments"].get<std::vector<uint8_t>>());
}

}  // namespace

void ExpectGoldenTokens(const std::string& name) {
  const std::string directory = absl::StrCat("tests/goldens/tokenizer/", name);
  const auto tokenizer = LoadEncoderTokenizer(directory, {});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  std::ifstream file(directory + ".jsonl");
  std::string line;
  int num_lines = 0;
  while (std::getline(file, line)) {
    SCOPED_TRACE(absl::StrCat(directory, ".jsonl:", ++num_lines));
    const Json golden = Json::parse(line);
    if (golden.contains("offsets")) {
      ExpectTokens(**tokenizer, golden);
    } else if (golden.contains("decoded")) {
      ExpectDecoded(**tokenizer, golden);
    } else {
      ExpectAssembled(**tokenizer, golden);
    }
  }
  EXPECT_GT(num_lines, 100);
}

}  // namespace parley
