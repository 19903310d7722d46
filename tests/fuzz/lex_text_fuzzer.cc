// Any bytes as lex.s2t: refused, or a table within its vocabularies.
#include <cstddef>
#include <cstdint>

#include "base/log.h"
#include "engine/shortlist/lex_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;  // NOLINT: the entry point stands outside.
  static const auto vocabulary = Vocabulary::Parse(
      R"({"</s>": 0, "a": 1, "b": 2, "ein": 4, "\u2581Hund": 5})", "fuzzed");
  constexpr int kBest = 2;
  const auto lex = ParseLexText({reinterpret_cast<const char*>(data), size},
                                "fuzzed", kBest, {*vocabulary, *vocabulary});
  if (!lex.ok()) {
    PARLEY_CHECK(absl::IsInvalidArgument(lex.status()));
    return 0;
  }
  PARLEY_CHECK(lex->num_unknown <= lex->num_lines);
  PARLEY_CHECK(lex->table.num_rows() == vocabulary->size());
  for (TokenId source = 0; source < vocabulary->size(); ++source) {
    PARLEY_CHECK(lex->table.Row(source).size() <= kBest);
    for (const TokenId target : lex->table.Row(source)) {
      PARLEY_CHECK(vocabulary->Token(target) != nullptr);
    }
  }
  return 0;
}
