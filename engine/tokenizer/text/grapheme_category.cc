#include "engine/tokenizer/text/grapheme_category.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "unicode/uchar.h"

namespace parley {
namespace {

using enum GraphemeCategory;

struct Exception {
  char32_t first;
  char32_t last;
  GraphemeCategory category;
};

// Where Unicode 17 differs from 15, which Debian 12's ICU has, and what ICU 72
// cannot be asked for: the consonants that form conjuncts. Sorted. From
// GraphemeBreakProperty.txt, emoji-data.txt and DerivedCoreProperties.txt.
constexpr Exception kExceptions[] = {
    {0x897, 0x897, kExtend},          {0x915, 0x939, kConsonant},
    {0x958, 0x95F, kConsonant},       {0x978, 0x97F, kConsonant},
    {0x995, 0x9A8, kConsonant},       {0x9AA, 0x9B0, kConsonant},
    {0x9B2, 0x9B2, kConsonant},       {0x9B6, 0x9B9, kConsonant},
    {0x9DC, 0x9DD, kConsonant},       {0x9DF, 0x9DF, kConsonant},
    {0x9F0, 0x9F1, kConsonant},       {0xA95, 0xAA8, kConsonant},
    {0xAAA, 0xAB0, kConsonant},       {0xAB2, 0xAB3, kConsonant},
    {0xAB5, 0xAB9, kConsonant},       {0xAF9, 0xAF9, kConsonant},
    {0xB15, 0xB28, kConsonant},       {0xB2A, 0xB30, kConsonant},
    {0xB32, 0xB33, kConsonant},       {0xB35, 0xB39, kConsonant},
    {0xB5C, 0xB5D, kConsonant},       {0xB5F, 0xB5F, kConsonant},
    {0xB71, 0xB71, kConsonant},       {0xC15, 0xC28, kConsonant},
    {0xC2A, 0xC39, kConsonant},       {0xC58, 0xC5A, kConsonant},
    {0xCC0, 0xCC0, kExtend},          {0xCC7, 0xCC8, kExtend},
    {0xCCA, 0xCCB, kExtend},          {0xD15, 0xD3A, kConsonant},
    {0x1000, 0x102A, kConsonant},     {0x103F, 0x103F, kConsonant},
    {0x1050, 0x1055, kConsonant},     {0x105A, 0x105D, kConsonant},
    {0x1061, 0x1061, kConsonant},     {0x1065, 0x1066, kConsonant},
    {0x106E, 0x1070, kConsonant},     {0x1075, 0x1081, kConsonant},
    {0x108E, 0x108E, kConsonant},     {0x1715, 0x1715, kExtend},
    {0x1734, 0x1734, kExtend},        {0x1780, 0x17B3, kConsonant},
    {0x1A20, 0x1A54, kConsonant},     {0x1ACF, 0x1ADD, kExtend},
    {0x1AE0, 0x1AEB, kExtend},        {0x1B0B, 0x1B0C, kConsonant},
    {0x1B13, 0x1B33, kConsonant},     {0x1B3B, 0x1B3D, kExtend},
    {0x1B43, 0x1B44, kExtend},        {0x1B45, 0x1B4C, kConsonant},
    {0x1B83, 0x1BA0, kConsonant},     {0x1BAA, 0x1BAA, kExtend},
    {0x1BAE, 0x1BAF, kConsonant},     {0x1BBB, 0x1BBD, kConsonant},
    {0x1BF2, 0x1BF3, kExtend},        {0x2388, 0x2388, kAny},
    {0x2605, 0x260D, kAny},           {0x260F, 0x2610, kAny},
    {0x2612, 0x2612, kAny},           {0x2616, 0x2617, kAny},
    {0x2619, 0x261C, kAny},           {0x261E, 0x261F, kAny},
    {0x2621, 0x2621, kAny},           {0x2624, 0x2625, kAny},
    {0x2627, 0x2629, kAny},           {0x262B, 0x262D, kAny},
    {0x2630, 0x2637, kAny},           {0x263B, 0x263F, kAny},
    {0x2641, 0x2641, kAny},           {0x2643, 0x2647, kAny},
    {0x2654, 0x265E, kAny},           {0x2661, 0x2662, kAny},
    {0x2664, 0x2664, kAny},           {0x2667, 0x2667, kAny},
    {0x2669, 0x267A, kAny},           {0x267C, 0x267D, kAny},
    {0x2680, 0x2691, kAny},           {0x2698, 0x2698, kAny},
    {0x269A, 0x269A, kAny},           {0x269D, 0x269F, kAny},
    {0x26A2, 0x26A6, kAny},           {0x26A8, 0x26A9, kAny},
    {0x26AC, 0x26AF, kAny},           {0x26B2, 0x26BC, kAny},
    {0x26BF, 0x26C3, kAny},           {0x26C6, 0x26C7, kAny},
    {0x26C9, 0x26CD, kAny},           {0x26D0, 0x26D0, kAny},
    {0x26D2, 0x26D2, kAny},           {0x26D5, 0x26E8, kAny},
    {0x26EB, 0x26EF, kAny},           {0x26F6, 0x26F6, kAny},
    {0x26FB, 0x26FC, kAny},           {0x26FE, 0x2701, kAny},
    {0x2703, 0x2704, kAny},           {0x270E, 0x270E, kAny},
    {0x2710, 0x2711, kAny},           {0x2765, 0x2767, kAny},
    {0xA953, 0xA953, kExtend},        {0xA989, 0xA98B, kConsonant},
    {0xA98F, 0xA9B2, kConsonant},     {0xA9C0, 0xA9C0, kExtend},
    {0xA9E0, 0xA9E4, kConsonant},     {0xA9E7, 0xA9EF, kConsonant},
    {0xA9FA, 0xA9FE, kConsonant},     {0xAA60, 0xAA6F, kConsonant},
    {0xAA71, 0xAA73, kConsonant},     {0xAA7A, 0xAA7A, kConsonant},
    {0xAA7E, 0xAA7F, kConsonant},     {0xAAE0, 0xAAEA, kConsonant},
    {0xABC0, 0xABDA, kConsonant},     {0x10A00, 0x10A00, kConsonant},
    {0x10A10, 0x10A13, kConsonant},   {0x10A15, 0x10A17, kConsonant},
    {0x10A19, 0x10A35, kConsonant},   {0x10D69, 0x10D6D, kExtend},
    {0x10EFA, 0x10EFC, kExtend},      {0x11103, 0x11126, kConsonant},
    {0x11144, 0x11144, kConsonant},   {0x11147, 0x11147, kConsonant},
    {0x111C0, 0x111C0, kExtend},      {0x11235, 0x11235, kExtend},
    {0x1134D, 0x1134D, kExtend},      {0x11380, 0x11389, kConsonant},
    {0x1138B, 0x1138B, kConsonant},   {0x1138E, 0x1138E, kConsonant},
    {0x11390, 0x113B5, kConsonant},   {0x113B8, 0x113B8, kExtend},
    {0x113B9, 0x113BA, kSpacingMark}, {0x113BB, 0x113C0, kExtend},
    {0x113C2, 0x113C2, kExtend},      {0x113C5, 0x113C5, kExtend},
    {0x113C7, 0x113C9, kExtend},      {0x113CA, 0x113CA, kSpacingMark},
    {0x113CC, 0x113CD, kSpacingMark}, {0x113CE, 0x113D0, kExtend},
    {0x113D1, 0x113D1, kPrepend},     {0x113D2, 0x113D2, kExtend},
    {0x113E1, 0x113E2, kExtend},      {0x116B6, 0x116B6, kExtend},
    {0x1171E, 0x1171E, kSpacingMark}, {0x11900, 0x11906, kConsonant},
    {0x11909, 0x11909, kConsonant},   {0x1190C, 0x11913, kConsonant},
    {0x11915, 0x11916, kConsonant},   {0x11918, 0x1192F, kConsonant},
    {0x1193D, 0x1193D, kExtend},      {0x11A00, 0x11A00, kConsonant},
    {0x11A0B, 0x11A32, kConsonant},   {0x11A3A, 0x11A3A, kAny},
    {0x11A50, 0x11A50, kConsonant},   {0x11A5C, 0x11A83, kConsonant},
    {0x11B60, 0x11B60, kExtend},      {0x11B61, 0x11B61, kSpacingMark},
    {0x11B62, 0x11B64, kExtend},      {0x11B65, 0x11B65, kSpacingMark},
    {0x11B66, 0x11B66, kExtend},      {0x11B67, 0x11B67, kSpacingMark},
    {0x11F04, 0x11F10, kConsonant},   {0x11F12, 0x11F33, kConsonant},
    {0x11F41, 0x11F41, kExtend},      {0x11F5A, 0x11F5A, kExtend},
    {0x1611E, 0x16129, kExtend},      {0x1612A, 0x1612C, kSpacingMark},
    {0x1612D, 0x1612F, kExtend},      {0x16D63, 0x16D63, kVowel},
    {0x16D67, 0x16D6A, kVowel},       {0x16FF0, 0x16FF1, kExtend},
    {0x1D166, 0x1D166, kExtend},      {0x1D16D, 0x1D16D, kExtend},
    {0x1E5EE, 0x1E5EF, kExtend},      {0x1E6E3, 0x1E6E3, kExtend},
    {0x1E6E6, 0x1E6E6, kExtend},      {0x1E6EE, 0x1E6EF, kExtend},
    {0x1E6F5, 0x1E6F5, kExtend},      {0x1F000, 0x1F003, kAny},
    {0x1F005, 0x1F02B, kAny},         {0x1F030, 0x1F093, kAny},
    {0x1F0A0, 0x1F0AE, kAny},         {0x1F0B1, 0x1F0BF, kAny},
    {0x1F0C1, 0x1F0CE, kAny},         {0x1F0D1, 0x1F0F5, kAny},
    {0x1F10D, 0x1F16F, kAny},         {0x1F1AD, 0x1F1AD, kAny},
    {0x1F260, 0x1F265, kAny},         {0x1F322, 0x1F323, kAny},
    {0x1F394, 0x1F395, kAny},         {0x1F398, 0x1F398, kAny},
    {0x1F39C, 0x1F39D, kAny},         {0x1F3F1, 0x1F3F2, kAny},
    {0x1F3F6, 0x1F3F6, kAny},         {0x1F4FE, 0x1F4FE, kAny},
    {0x1F546, 0x1F548, kAny},         {0x1F54F, 0x1F54F, kAny},
    {0x1F568, 0x1F56E, kAny},         {0x1F571, 0x1F572, kAny},
    {0x1F57B, 0x1F586, kAny},         {0x1F588, 0x1F589, kAny},
    {0x1F58E, 0x1F58F, kAny},         {0x1F591, 0x1F594, kAny},
    {0x1F597, 0x1F5A3, kAny},         {0x1F5A6, 0x1F5A7, kAny},
    {0x1F5A9, 0x1F5B0, kAny},         {0x1F5B3, 0x1F5BB, kAny},
    {0x1F5BD, 0x1F5C1, kAny},         {0x1F5C5, 0x1F5D0, kAny},
    {0x1F5D4, 0x1F5DB, kAny},         {0x1F5DF, 0x1F5E0, kAny},
    {0x1F5E2, 0x1F5E2, kAny},         {0x1F5E4, 0x1F5E7, kAny},
    {0x1F5E9, 0x1F5EE, kAny},         {0x1F5F0, 0x1F5F2, kAny},
    {0x1F5F4, 0x1F5F9, kAny},         {0x1F6C6, 0x1F6CA, kAny},
    {0x1F6D3, 0x1F6D4, kAny},         {0x1F6E6, 0x1F6E8, kAny},
    {0x1F6EA, 0x1F6EA, kAny},         {0x1F6F1, 0x1F6F2, kAny},
    {0x1F774, 0x1F7D9, kAny},         {0x1F8B0, 0x1F8BB, kAny},
    {0x1F8C0, 0x1F8C1, kAny},         {0x1F8D0, 0x1F8D8, kAny},
    {0x1FA00, 0x1FA57, kAny},         {0x1FA60, 0x1FA6D, kAny},
};

GraphemeCategory FromIcu(UChar32 c) {
  switch (u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK)) {
    case U_GCB_CR:
      return kCarriageReturn;
    case U_GCB_LF:
      return kLineFeed;
    case U_GCB_CONTROL:
      return kControl;
    case U_GCB_EXTEND:
      return kExtend;
    case U_GCB_ZWJ:
      return kJoiner;
    case U_GCB_SPACING_MARK:
      return kSpacingMark;
    case U_GCB_PREPEND:
      return kPrepend;
    case U_GCB_REGIONAL_INDICATOR:
      return kRegional;
    case U_GCB_L:
      return kLeading;
    case U_GCB_V:
      return kVowel;
    case U_GCB_T:
      return kTrailing;
    case U_GCB_LV:
      return kLeadingVowel;
    case U_GCB_LVT:
      return kLeadingVowelTrailing;
    default:
      break;
  }
  return u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC) ? kPictographic
                                                             : kAny;
}

GraphemeCategory LookUp(char32_t c) {
  const auto* it =
      std::lower_bound(std::begin(kExceptions), std::end(kExceptions), c,
                       [](const Exception& exception, char32_t value) {
                         return exception.last < value;
                       });
  const bool is_exception = it != std::end(kExceptions) && it->first <= c;
  return is_exception ? it->category : FromIcu(static_cast<UChar32>(c));
}

constexpr char32_t kTableSize = 0x10000;

const std::array<GraphemeCategory, kTableSize>& Table() {
  static const auto& table = *[] {
    auto* categories = new std::array<GraphemeCategory, kTableSize>;
    for (char32_t c = 0; c < kTableSize; ++c) (*categories)[c] = LookUp(c);
    return categories;
  }();
  return table;
}

constexpr char32_t kLinkers[] = {
    0x94D,   0x9CD,   0xACD,   0xB4D,   0xC4D,   0xD4D,   0x1039,
    0x17D2,  0x1A60,  0x1B44,  0x1BAB,  0xA9C0,  0xAAF6,  0x10A3F,
    0x11133, 0x113D0, 0x1193E, 0x11A47, 0x11A99, 0x11F42,
};

}  // namespace

GraphemeCategory GraphemeCategoryOf(char32_t c) {
  return c < kTableSize ? Table()[c] : LookUp(c);
}

bool IsConjunctLinker(char32_t c) {
  return std::binary_search(std::begin(kLinkers), std::end(kLinkers), c);
}

}  // namespace parley
