#include "engine/tokenizer/text/unicode_properties.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "unicode/uchar.h"

namespace parley {
namespace {

constexpr int kCategoriesVersion = 8;
constexpr int kNormalFormsVersion = 9;

struct Range {
  char32_t first;
  char32_t last;
};

// REQUIRES: `ranges` is sorted.
template <size_t size>
bool IsIn(const Range (&ranges)[size], char32_t c) {
  const Range* it = std::lower_bound(
      std::begin(ranges), std::end(ranges), c,
      [](const Range& range, char32_t value) { return range.last < value; });
  return it != std::end(ranges) && it->first <= c;
}

// Numbers that are newer than ICU's Unicode 15.
constexpr Range kNewNumbers[] = {
    {0x10D40, 0x10D49}, {0x116D0, 0x116E3}, {0x11BF0, 0x11BF9},
    {0x11DE0, 0x11DE9}, {0x16130, 0x16139}, {0x16D70, 0x16D79},
    {0x16FF4, 0x16FF6}, {0x1CCF0, 0x1CCF9}, {0x1E5F1, 0x1E5FA},
};

// Characters of words that are newer.
constexpr Range kNewWordCharacters[] = {
    {0x897, 0x897},     {0x1C89, 0x1C8A},   {0xA7CB, 0xA7CD},
    {0xA7DA, 0xA7DC},   {0x105C0, 0x105F3}, {0x10D40, 0x10D65},
    {0x10D69, 0x10D6D}, {0x10D6F, 0x10D85}, {0x10EC2, 0x10EC4},
    {0x10EFC, 0x10EFC}, {0x11380, 0x11389}, {0x1138B, 0x1138B},
    {0x1138E, 0x1138E}, {0x11390, 0x113B5}, {0x113B7, 0x113C0},
    {0x113C2, 0x113C2}, {0x113C5, 0x113C5}, {0x113C7, 0x113CA},
    {0x113CC, 0x113D3}, {0x113E1, 0x113E2}, {0x116D0, 0x116E3},
    {0x11BC0, 0x11BE0}, {0x11BF0, 0x11BF9}, {0x11F5A, 0x11F5A},
    {0x13460, 0x143FA}, {0x16100, 0x16139}, {0x16D40, 0x16D6C},
    {0x16D70, 0x16D79}, {0x18CFF, 0x18CFF}, {0x1CCF0, 0x1CCF9},
    {0x1E5D0, 0x1E5FA}, {0x2EBF0, 0x2EE5D},
};

constexpr Range kChineseBlocks[] = {
    {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},
    {0xF900, 0xFAFF},
    {0x20000, 0x2A6DF},
    {0x2A700, 0x2B73F},
    {0x2B740, 0x2B81F},
    // Unicode's block begins at U+2B820.
    {0x2B920, 0x2CEAF},
    {0x2F800, 0x2FA1F},
};

// Capital letters that are newer: alone, in a row of letters, or every second
// character of a row.
struct NewCapitals {
  Range range;
  int step;
  char32_t first_small;
};
constexpr NewCapitals kNewCapitals[] = {
    {{0x1C89, 0x1C89}, 1, 0x1C8A},    {{0xA7CB, 0xA7CB}, 1, 0x264},
    {{0xA7CC, 0xA7CE}, 2, 0xA7CD},    {{0xA7D2, 0xA7D4}, 2, 0xA7D3},
    {{0xA7DA, 0xA7DA}, 1, 0xA7DB},    {{0xA7DC, 0xA7DC}, 1, 0x19B},
    {{0x10D50, 0x10D65}, 1, 0x10D70}, {{0x16EA0, 0x16EB8}, 1, 0x16EBB},
};

UChar32 Icu(char32_t c) { return static_cast<UChar32>(c); }

// Whether `c` is a character of that version of Unicode already.
bool IsAsOldAs(int version, char32_t c) {
  UVersionInfo age;
  u_charAge(Icu(c), age);
  return age[0] < version || (age[0] == version && age[1] == 0);
}

bool HasCategory(char32_t c, uint32_t mask) {
  return (U_GET_GC_MASK(Icu(c)) & mask) != 0;
}

constexpr bool IsAscii(char32_t c) { return c < 0x80; }

}  // namespace

bool IsWhitespace(char32_t c) {
  if (IsAscii(c)) return c == ' ' || (c >= '\t' && c <= '\r');
  return u_isUWhiteSpace(Icu(c));
}

bool IsOtherCategory(char32_t c) {
  if (IsAscii(c)) return c < ' ' || c == 0x7F;
  return HasCategory(c, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK) &&
         IsAsOldAs(kCategoriesVersion, c);
}

bool IsPunctuation(char32_t c) {
  if (IsAscii(c)) {
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') ||
           (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
  }
  // Two that have become a symbol and a mark since.
  if (c == 0x166D || c == 0x111C9) return true;
  return HasCategory(c, U_GC_P_MASK) && IsAsOldAs(kCategoriesVersion, c);
}

bool IsNonspacingMark(char32_t c) {
  if (c < 0x300) return false;  // The first of all.
  // These have changed their category since.
  if (c == 0x1734) return true;
  if (c == 0x1885 || c == 0x1886 || c == 0xA9BD || c == 0x111C9) return false;
  return HasCategory(c, U_GC_MN_MASK) && IsAsOldAs(kCategoriesVersion, c);
}

bool IsMark(char32_t c) {
  if (c < 0x300) return false;
  if (c == 0x1CF2 || c == 0x1CF3) return true;
  if (c == 0x111C9) return false;
  return HasCategory(c, U_GC_M_MASK) && IsAsOldAs(kNormalFormsVersion, c);
}

bool IsNumeric(char32_t c) {
  if (IsAscii(c)) return c >= '0' && c <= '9';
  return HasCategory(c, U_GC_N_MASK) || IsIn(kNewNumbers, c);
}

bool IsWordCharacter(char32_t c) {
  if (IsAscii(c)) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c >= 'a' && c <= 'z');
  }
  constexpr char32_t kNonJoiner = 0x200C;
  constexpr char32_t kJoiner = 0x200D;
  return u_isUAlphabetic(Icu(c)) ||
         HasCategory(c, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK) ||
         c == kNonJoiner || c == kJoiner || IsIn(kNewWordCharacters, c);
}

bool IsChineseCharacter(char32_t c) {
  return c >= 0x3400 && IsIn(kChineseBlocks, c);
}

LowerCase ToLowerCase(char32_t c) {
  if (IsAscii(c)) {
    return {c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c};
  }
  if (c == 0x130) return {'i', 0x307};
  for (const NewCapitals& capitals : kNewCapitals) {
    const auto [first, last] = capitals.range;
    if (c < first || c > last || (c - first) % capitals.step != 0) continue;
    return {capitals.first_small + (c - first)};
  }
  return {static_cast<char32_t>(u_tolower(Icu(c)))};
}

bool HasNormalForm(char32_t c) { return IsAsOldAs(kNormalFormsVersion, c); }

}  // namespace parley
