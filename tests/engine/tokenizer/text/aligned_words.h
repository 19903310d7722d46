// Aligned texts in a form that tests can compare: "text:begin-end".
#ifndef PARLEY_TESTS_ENGINE_TOKENIZER_TEXT_ALIGNED_WORDS_H_
#define PARLEY_TESTS_ENGINE_TOKENIZER_TEXT_ALIGNED_WORDS_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/tokenizer/text/aligned_text.h"
#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/steps.h"
#include "gtest/gtest.h"

namespace parley {

// A word with the bytes that all of it stands for.
inline std::string Shown(const AlignedText& word) {
  EXPECT_EQ(word.text.size(), word.origin.size());
  if (word.text.empty()) return "";
  const ByteRange origin = word.OriginOf(0, word.text.size());
  return absl::StrCat(word.text, ":", origin.begin, "-", origin.end);
}

// Each character with the bytes that it stands for.
inline std::vector<std::string> Characters(const AlignedText& text) {
  EXPECT_EQ(text.text.size(), text.origin.size());
  std::vector<std::string> characters;
  ForEachCodePoint(text.text, [&](CodePoint point, size_t at) {
    characters.push_back(Shown(text.Part(at, at + point.num_bytes)));
  });
  return characters;
}

inline AlignedText Normalized(const Normalizer& normalizer,
                              absl::string_view original) {
  AlignedText text(original, 0);
  normalizer.Apply(&text);
  return text;
}

inline std::vector<std::string> Words(const PreTokenizer& pre_tokenizer,
                                      absl::string_view text) {
  std::vector<AlignedText> words = {AlignedText(text, 0)};
  pre_tokenizer.Apply(&words);
  std::vector<std::string> shown;
  for (const AlignedText& word : words) shown.push_back(Shown(word));
  return shown;
}

inline std::vector<std::string> Decoded(const Decoder& decoder,
                                        std::vector<std::string> tokens) {
  decoder.Apply(&tokens);
  return tokens;
}

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_TOKENIZER_TEXT_ALIGNED_WORDS_H_
