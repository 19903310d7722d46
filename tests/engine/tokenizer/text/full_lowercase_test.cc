#include "engine/tokenizer/text/full_lowercase.h"

#include "gmock/gmock.h"
#include "tests/engine/tokenizer/text/aligned_words.h"

namespace parley {
namespace {

std::string Lower(absl::string_view text) {
  return Normalized(*CreateFullLowercase(), text).text;
}

TEST(FullLowercaseTest, EndsWordsInFinalSigma) {
  EXPECT_EQ(Lower("ΣΊΣΥΦΟΣ ΟΔΟΣ."), "σίσυφος οδος.");
  EXPECT_EQ(Lower("Σ"), "σ");
  EXPECT_EQ(Lower("ΑΣ\u0301\u00ADΒ"), "ασ\u0301\u00ADβ");
  EXPECT_EQ(Lower("Α\u0301Σ\u0301"), "α\u0301ς\u0301");
}

TEST(FullLowercaseTest, LowersTheRest) {
  EXPECT_EQ(Lower("HELLO Ärger \u0130"), "hello ärger i\u0307");
  EXPECT_EQ(Shown(Normalized(*CreateFullLowercase(), "ΑΣ")), "ας:0-4");
}

}  // namespace
}  // namespace parley
