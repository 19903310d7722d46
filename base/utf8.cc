#include "base/utf8.h"

#include <cstdint>

namespace parley {
namespace {

// What may follow a leading byte (The Unicode Standard, table 3-7): how many
// continuation bytes, and the range of the first of them, which is what rules
// out overlong forms, surrogates and values above U+10FFFF.
struct Lead {
  size_t num_continuations;  // 0: not a leading byte of several.
  uint8_t second_low;
  uint8_t second_high;
};

Lead LeadOf(uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

struct Scan {
  size_t num_bytes;  // Of the character, or of the maximal invalid part.
  bool valid;
};

// REQUIRES: !text.empty()
Scan ScanCharacter(absl::string_view text) {
  const auto byte_at = [text](size_t i) {
    return static_cast<uint8_t>(text[i]);
  };
  if (byte_at(0) < 0x80) return {1, true};
  const Lead lead = LeadOf(byte_at(0));
  if (lead.num_continuations == 0) return {1, false};
  for (size_t i = 1; i <= lead.num_continuations; ++i) {
    const uint8_t low = i == 1 ? lead.second_low : 0x80;
    const uint8_t high = i == 1 ? lead.second_high : 0xBF;
    if (i == text.size() || byte_at(i) < low || byte_at(i) > high) {
      return {i, false};
    }
  }
  return {lead.num_continuations + 1, true};
}

}  // namespace

size_t Utf8CharacterBytes(absl::string_view text) {
  if (text.empty()) return 0;
  const Scan scan = ScanCharacter(text);
  return scan.valid ? scan.num_bytes : 0;
}

size_t ValidUtf8PrefixBytes(absl::string_view text) {
  size_t position = 0;
  while (position < text.size()) {
    const Scan scan = ScanCharacter(text.substr(position));
    if (!scan.valid) break;
    position += scan.num_bytes;
  }
  return position;
}

std::string MakeValidUtf8(absl::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const size_t prefix = ValidUtf8PrefixBytes(text);
    valid.append(text.data(), prefix);
    text.remove_prefix(prefix);
    if (text.empty()) break;
    valid.append("\xEF\xBF\xBD");
    text.remove_prefix(ScanCharacter(text).num_bytes);
  }
  return valid;
}

}  // namespace parley
