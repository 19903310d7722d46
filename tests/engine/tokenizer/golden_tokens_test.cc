#include "tests/engine/tokenizer/golden_tokens.h"

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(GoldenTokensTest, ByteLevelBpe) {
  ExpectGoldenTokens("roberta");
  ExpectGoldenTokens("modernbert");
}

TEST(GoldenTokensTest, Unigram) {
  ExpectGoldenTokens("xlm_roberta");
  ExpectGoldenTokens("camembert");
}

TEST(GoldenTokensTest, WordPiece) {
  ExpectGoldenTokens("wordpiece");
  ExpectGoldenTokens("wordpiece_cased");
  ExpectGoldenTokens("wordpiece_nfc");
  ExpectGoldenTokens("wordpiece_nfkd");
}

}  // namespace
}  // namespace parley
