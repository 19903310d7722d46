#include "engine/tokenizer/text/regex_class.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "unicode/uchar.h"

namespace parley {
namespace {

struct NewCharacters {
  char32_t first;
  char32_t last;
  RegexClass kind;
};

constexpr RegexClass kLetter = RegexClass::kLetter;
constexpr RegexClass kNumber = RegexClass::kNumber;

// Letters and numbers of Unicode 15.1 and 16; the Unicode of Debian 12's ICU
// is 15. Sorted.
constexpr NewCharacters kNewCharacters[] = {
    {0x1C89, 0x1C8A, kLetter},   {0xA7CB, 0xA7CD, kLetter},
    {0xA7DA, 0xA7DC, kLetter},   {0x105C0, 0x105F3, kLetter},
    {0x10D40, 0x10D49, kNumber}, {0x10D4A, 0x10D65, kLetter},
    {0x10D6F, 0x10D85, kLetter}, {0x10EC2, 0x10EC4, kLetter},
    {0x11380, 0x11389, kLetter}, {0x1138B, 0x1138B, kLetter},
    {0x1138E, 0x1138E, kLetter}, {0x11390, 0x113B5, kLetter},
    {0x113B7, 0x113B7, kLetter}, {0x113D1, 0x113D1, kLetter},
    {0x113D3, 0x113D3, kLetter}, {0x116D0, 0x116E3, kNumber},
    {0x11BC0, 0x11BE0, kLetter}, {0x11BF0, 0x11BF9, kNumber},
    {0x13460, 0x143FA, kLetter}, {0x16100, 0x1611D, kLetter},
    {0x16130, 0x16139, kNumber}, {0x16D40, 0x16D6C, kLetter},
    {0x16D70, 0x16D79, kNumber}, {0x18CFF, 0x18CFF, kLetter},
    {0x1CCF0, 0x1CCF9, kNumber}, {0x1E5D0, 0x1E5ED, kLetter},
    {0x1E5F0, 0x1E5F0, kLetter}, {0x1E5F1, 0x1E5FA, kNumber},
    {0x2EBF0, 0x2EE5D, kLetter},
};

RegexClass LookUp(char32_t c) {
  const UChar32 point = static_cast<UChar32>(c);
  const uint32_t category = U_GET_GC_MASK(point);
  if ((category & U_GC_L_MASK) != 0) return RegexClass::kLetter;
  if ((category & U_GC_N_MASK) != 0) return RegexClass::kNumber;
  if (u_isUWhiteSpace(point)) return RegexClass::kSpace;
  const auto* it =
      std::lower_bound(std::begin(kNewCharacters), std::end(kNewCharacters), c,
                       [](const NewCharacters& range, char32_t value) {
                         return range.last < value;
                       });
  const bool is_new = it != std::end(kNewCharacters) && it->first <= c;
  return is_new ? it->kind : RegexClass::kOther;
}

constexpr char32_t kTableSize = 0x10000;

const std::array<RegexClass, kTableSize>& Table() {
  static const auto& table = *[] {
    auto* classes = new std::array<RegexClass, kTableSize>;
    for (char32_t c = 0; c < kTableSize; ++c) (*classes)[c] = LookUp(c);
    return classes;
  }();
  return table;
}

}  // namespace

RegexClass RegexClassOf(char32_t c) {
  return c < kTableSize ? Table()[c] : LookUp(c);
}

}  // namespace parley
