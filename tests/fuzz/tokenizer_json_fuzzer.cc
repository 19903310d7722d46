// Any bytes as tokenizer.json: refused, or a tokenizer that takes any text.
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/log.h"
#include "base/utf8.h"
#include "engine/tokenizer/json_node.h"
#include "engine/tokenizer/step_tokenizer.h"
#include "engine/tokenizer/tokenizer_json.h"

namespace parley {
namespace {

constexpr absl::string_view kTexts[] = {
    "",
    "Hello, [MASK] <s>world</s>!",
    " \t\u00A0e\u0301\u0323 \u4E2D\uFB01\U0001F600\u0000x",
};

void CheckTokens(const EncoderTokenizer& tokenizer, absl::string_view text) {
  const absl::StatusOr<Encoding> encoding = tokenizer.Tokenize(text);
  if (!encoding.ok()) return;
  PARLEY_CHECK(encoding->ids.size() == encoding->offsets.size());
  for (const TokenId id : encoding->ids) {
    PARLEY_CHECK(id >= 0 && id < tokenizer.vocab_size());
  }
  const auto input =
      tokenizer.Assemble(*encoding, &*encoding, {.max_tokens = 40});
  if (input.ok()) PARLEY_CHECK(input->ids.size() <= 40);
  const std::string decoded = tokenizer.Decode(encoding->ids, true);
  PARLEY_CHECK(ValidUtf8PrefixBytes(decoded) == decoded.size());
}

}  // namespace
}  // namespace parley

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;  // NOLINT: the entry point stands outside.
  const auto document = JsonDocument::Parse(
      {reinterpret_cast<const char*>(data), size}, "fuzzed");
  if (!document.ok()) {
    PARLEY_CHECK(!document.status().message().empty());
    return 0;
  }
  absl::StatusOr<TokenizerSteps> steps = ReadTokenizerJson(*document);
  if (!steps.ok()) {
    PARLEY_CHECK(!steps.status().message().empty());
    return 0;
  }
  const auto tokenizer = CreateStepTokenizer(*std::move(steps));
  for (const absl::string_view text : kTexts) CheckTokens(*tokenizer, text);
  return 0;
}
