// Any bytes as a shortlist file: refused, or a table within its vocabularies.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/log.h"
#include "engine/shortlist/lexical_shortlist.h"
#include "engine/shortlist/shortlist_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;  // NOLINT: the entry point stands outside.
  // Those of the corpus.
  constexpr VocabularyPair kVocabularies = {
      .source_size = 5, .target_size = 70, .fingerprint = 0x70617273656c6973};
  auto table = ParseShortlistFile({reinterpret_cast<const char*>(data), size},
                                  "fuzzed", 3, kVocabularies);
  if (!table.ok()) {
    PARLEY_CHECK(absl::IsInvalidArgument(table.status()));
    return 0;
  }
  PARLEY_CHECK(table->num_rows() == kVocabularies.source_size);
  const LexicalShortlist shortlist(
      *std::move(table), {.always = {0},
                          .joint_vocabulary = true,
                          .target_vocab_size = kVocabularies.target_size});
  TokenId last = -1;
  for (const TokenId id : shortlist.TargetTokens({-1, 0, 1, 2, 3, 4, 5})) {
    PARLEY_CHECK(id > last && id < kVocabularies.target_size);
    last = id;
  }
  return 0;
}
