#include "engine/tokenizer/text/byte_level.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/regex_class.h"
#include "engine/tokenizer/text/unicode_properties.h"

namespace parley {
namespace {

// The characters that bytes are spelled as: printable ones of Latin-1 stand
// for themselves, the others are those from U+0100 on, in order.
class ByteAlphabet {
 public:
  ByteAlphabet() {
    char32_t next = 0x100;
    bytes_.fill(-1);
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable =
          (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
      const char32_t c = printable ? byte : next++;
      AppendUtf8(c, &spellings_[byte]);
      bytes_[c] = static_cast<int16_t>(byte);
    }
  }

  const std::string& Spelling(char byte) const {
    return spellings_[static_cast<uint8_t>(byte)];
  }

  std::optional<char> Byte(char32_t c) const {
    if (c >= bytes_.size() || bytes_[c] < 0) return std::nullopt;
    return static_cast<char>(bytes_[c]);
  }

 private:
  std::array<std::string, 256> spellings_;
  std::array<int16_t, 0x200> bytes_;  // -1: the character stands for none.
};

const ByteAlphabet& Alphabet() {
  static const auto& alphabet = *new ByteAlphabet;
  return alphabet;
}

constexpr char32_t kSpelledSpace = 0x120;

// The next part of a text: the alternatives of GPT-2's pattern
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// in their order, of which one always matches.
class WordScan {
 public:
  explicit WordScan(absl::string_view text) : text_(text) {}

  // The end of the word that begins at `begin` < text.size().
  size_t EndOfWord(size_t begin) const {
    if (const size_t bytes = EndingBytes(begin); bytes > 0) {
      return begin + bytes;
    }
    RegexClass kind = ClassAt(begin);
    size_t at = begin;
    if (text_[begin] == ' ' && begin + 1 < text_.size()) {
      const RegexClass next = ClassAt(begin + 1);
      if (next != RegexClass::kSpace) {
        kind = next;
        ++at;
      }
    }
    const Run run = RunAt(at, kind);
    // The last white space before a word belongs to it, or stands alone.
    const bool leaves_last = kind == RegexClass::kSpace &&
                             run.end < text_.size() && run.last > begin;
    return leaves_last ? run.last : run.end;
  }

 private:
  // Characters of one kind in a row.
  struct Run {
    size_t last;  // Where the last of them begins.
    size_t end;
  };

  RegexClass ClassAt(size_t at) const {
    return RegexClassOf(CodePointAt(text_, at).value);
  }

  Run RunAt(size_t begin, RegexClass kind) const {
    Run run = {begin, begin};
    while (run.end < text_.size()) {
      const CodePoint point = CodePointAt(text_, run.end);
      if (RegexClassOf(point.value) != kind) break;
      run.last = run.end;
      run.end += point.num_bytes;
    }
    return run;
  }

  size_t EndingBytes(size_t begin) const {
    if (text_[begin] != '\'') return 0;
    const absl::string_view rest = text_.substr(begin + 1);
    for (absl::string_view ending : {"s", "t", "re", "ve", "m", "ll", "d"}) {
      if (absl::StartsWith(rest, ending)) return 1 + ending.size();
    }
    return 0;
  }

  const absl::string_view text_;
};

class ByteLevelPreTokenizer : public PreTokenizer {
 public:
  explicit ByteLevelPreTokenizer(const ByteLevelOptions& options)
      : options_(options) {}

  void Apply(std::vector<AlignedText>* words) const override {
    std::vector<AlignedText> parts;
    for (AlignedText& word : *words) {
      if (word.text.empty()) continue;
      if (options_.add_prefix_space && word.text.front() != ' ') {
        word.text.insert(word.text.begin(), ' ');
        word.origin.insert(word.origin.begin(), word.origin.front());
      }
      const WordScan scan(word.text);
      for (size_t begin = 0; begin < word.text.size();) {
        const size_t end =
            options_.use_regex ? scan.EndOfWord(begin) : word.text.size();
        parts.push_back(Spell(word, begin, end));
        begin = end;
      }
    }
    *words = std::move(parts);
  }

 private:
  static AlignedText Spell(const AlignedText& word, size_t begin, size_t end) {
    const ByteAlphabet& alphabet = Alphabet();
    AlignedText spelled;
    spelled.text.reserve(2 * (end - begin));
    spelled.origin.reserve(2 * (end - begin));
    for (size_t i = begin; i < end; ++i) {
      spelled.Append(alphabet.Spelling(word.text[i]), word.origin[i]);
    }
    return spelled;
  }

  const ByteLevelOptions options_;
};

class ByteLevelDecoder : public Decoder {
 public:
  void Apply(std::vector<std::string>* tokens) const override {
    for (std::string& token : *tokens) {
      std::string bytes;
      bool is_spelled = true;
      ForEachCodePoint(token, [&](CodePoint point, size_t) {
        const std::optional<char> byte = Alphabet().Byte(point.value);
        is_spelled &= byte.has_value();
        bytes.push_back(byte.value_or(0));
      });
      if (is_spelled) token = std::move(bytes);
    }
  }
};

bool IsSpelledSpace(char32_t c) {
  return c == kSpelledSpace || IsWhitespace(c);
}

size_t LeadingSpaces(absl::string_view token) {
  size_t count = 0;
  for (size_t at = 0; at < token.size(); ++count) {
    const CodePoint point = CodePointAt(token, at);
    if (!IsSpelledSpace(point.value)) break;
    at += point.num_bytes;
  }
  return count;
}

size_t TrailingSpaces(absl::string_view token) {
  size_t count = 0;
  for (size_t end = token.size(); end > 0; ++count) {
    const CodePoint point = CodePointBefore(token, end);
    if (!IsSpelledSpace(point.value)) break;
    end -= point.num_bytes;
  }
  return count;
}

}  // namespace

std::unique_ptr<PreTokenizer> CreateByteLevelPreTokenizer(
    const ByteLevelOptions& options) {
  return std::make_unique<ByteLevelPreTokenizer>(options);
}

std::unique_ptr<Decoder> CreateByteLevelDecoder() {
  return std::make_unique<ByteLevelDecoder>();
}

ByteRange TrimOffsets(const SpacedToken& token, ByteRange offsets) {
  size_t leading = LeadingSpaces(token.token);
  const size_t trailing = TrailingSpaces(token.token);
  const bool is_first = token.is_first || offsets.begin == 0;
  if (is_first && token.add_prefix_space && leading == 1) leading = 0;
  ByteRange trimmed = offsets;
  for (size_t i = 0; i < leading && trimmed.begin < trimmed.end; ++i) {
    trimmed.begin += CodePointAt(token.text, trimmed.begin).num_bytes;
  }
  for (size_t i = 0; i < trailing; ++i) {
    if (trimmed.end == 0) {  // More spaces than the text has characters.
      trimmed.end = offsets.end;
      break;
    }
    trimmed.end -= CodePointBefore(token.text, trimmed.end).num_bytes;
  }
  trimmed.end = std::max(trimmed.end, trimmed.begin);
  return trimmed;
}

}  // namespace parley
