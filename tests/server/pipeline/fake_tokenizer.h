// A tokenizer without a vocabulary: a token is a character.
#ifndef PARLEY_TESTS_SERVER_PIPELINE_FAKE_TOKENIZER_H_
#define PARLEY_TESTS_SERVER_PIPELINE_FAKE_TOKENIZER_H_

#include <unicode/utf8.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/api/tokenizer.h"

namespace parley {

// ">>de<<" and ">>fr<<" are tokens; each character is kFirst above its code
// point; the end token is kEnd. Any thread.
class FakeTokenizer : public Tokenizer {
 public:
  static constexpr TokenId kEnd = 0;
  static constexpr TokenId kGerman = 1;
  static constexpr TokenId kFrench = 2;
  static constexpr TokenId kFirst = 1000;

  // Tokens that the first character of a text has beside its own, so that a
  // part has more tokens by itself than within the whole.
  int num_extra_tokens = 0;
  mutable std::atomic<int64_t> num_bytes_encoded = 0;

  absl::StatusOr<Encoding> Encode(
      absl::string_view text, absl::string_view language_token) const override {
    num_bytes_encoded += static_cast<int64_t>(text.size());
    Encoding encoding;
    const auto add = [&encoding](TokenId id, size_t begin, size_t end) {
      encoding.ids.push_back(id);
      encoding.offsets.push_back({begin, end});
    };
    if (language_token == ">>de<<") {
      add(kGerman, 0, 0);
    } else if (language_token == ">>fr<<") {
      add(kFrench, 0, 0);
    } else if (!language_token.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("no language token ", language_token));
    }
    const auto length = static_cast<int64_t>(text.size());
    for (int64_t i = 0; i < length;) {
      const int64_t begin = i;
      UChar32 character;
      U8_NEXT(text.data(), i, length, character);
      const int num_tokens = begin == 0 ? 1 + num_extra_tokens : 1;
      for (int k = 0; k < num_tokens; ++k) {
        add(kFirst + character, static_cast<size_t>(begin),
            static_cast<size_t>(i));
      }
    }
    add(kEnd, text.size(), text.size());
    return encoding;
  }

  std::string Decode(absl::Span<const TokenId> ids) const override {
    std::string text;
    for (const TokenId id : ids) {
      if (id >= kFirst) absl::StrAppend(&text, TokenText(id));
    }
    return std::string(absl::StripAsciiWhitespace(text));
  }

  std::string TokenText(TokenId id) const override {
    if (id < kFirst) return absl::StrCat("<", id, ">");
    char bytes[U8_MAX_LENGTH];
    int length = 0;
    U8_APPEND_UNSAFE(bytes, length, static_cast<UChar32>(id - kFirst));
    return std::string(bytes, length);
  }

  LanguagePrefix FindLanguagePrefix(absl::string_view text) const override {
    const size_t end = text.find("<<");
    if (!absl::StartsWith(text, ">>") || end == absl::string_view::npos) {
      return {};
    }
    return {.language_token = std::string(text.substr(0, end + 2)),
            .text_begin = end + 2};
  }
};

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_PIPELINE_FAKE_TOKENIZER_H_
