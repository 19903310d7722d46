#include "engine/tokenizer/text/grapheme_cluster.h"

#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/grapheme_category.h"

namespace parley {
namespace {

using enum GraphemeCategory;

bool IsControl(GraphemeCategory category) {
  return category == kCarriageReturn || category == kLineFeed ||
         category == kControl;
}

// Whether two parts of Hangul belong to one syllable (GB6 to GB8).
bool IsOneSyllable(GraphemeCategory left, GraphemeCategory right) {
  switch (left) {
    case kLeading:
      return right == kLeading || right == kVowel || right == kLeadingVowel ||
             right == kLeadingVowelTrailing;
    case kLeadingVowel:
    case kVowel:
      return right == kVowel || right == kTrailing;
    case kLeadingVowelTrailing:
    case kTrailing:
      return right == kTrailing;
    default:
      return false;
  }
}

// A cluster as it grows, with what the rules that look far back need to know.
class Cluster {
 public:
  // Whether `c` belongs to the cluster too, which it then joins. The first
  // always does.
  bool Takes(char32_t c) {
    const GraphemeCategory category = GraphemeCategoryOf(c);
    if (!empty_ && IsBoundary(category)) return false;
    empty_ = false;
    FollowPictograph(category);
    FollowConjunct(c, category);
    ends_odd_flag_ = category == kRegional && !ends_odd_flag_;
    last_ = category;
    return true;
  }

 private:
  // Between the last character and one of `next`.
  bool IsBoundary(GraphemeCategory next) const {
    if (last_ == kCarriageReturn && next == kLineFeed) return false;  // GB3
    if (IsControl(last_) || IsControl(next)) return true;  // GB4, GB5
    if (IsOneSyllable(last_, next)) return false;
    if (next == kExtend || next == kJoiner || next == kSpacingMark ||
        last_ == kPrepend) {
      return false;  // GB9, GB9a, GB9b
    }
    if (next == kConsonant) return !(in_conjunct_ && linked_);  // GB9c
    if (next == kPictographic) return !joins_pictograph_;       // GB11
    if (next == kRegional) return !ends_odd_flag_;              // GB12, GB13
    return true;
  }

  void FollowPictograph(GraphemeCategory category) {
    joins_pictograph_ = in_pictograph_ && category == kJoiner;
    in_pictograph_ =
        category == kPictographic || (in_pictograph_ && category == kExtend);
  }

  void FollowConjunct(char32_t c, GraphemeCategory category) {
    constexpr char32_t kNonJoiner = 0x200C;
    if (category == kConsonant) {
      in_conjunct_ = true;
      linked_ = false;
    } else if ((category != kExtend && category != kJoiner) ||
               c == kNonJoiner) {
      in_conjunct_ = false;
    } else if (in_conjunct_) {
      linked_ = linked_ || IsConjunctLinker(c);
    }
  }

  bool empty_ = true;
  GraphemeCategory last_ = kAny;
  bool in_pictograph_ = false;     // A pictograph, and what extends it.
  bool joins_pictograph_ = false;  // The same with a joiner behind.
  bool in_conjunct_ = false;       // A consonant, and what extends it...
  bool linked_ = false;            // ...with a linker somewhere.
  bool ends_odd_flag_ = false;     // An odd number of regional indicators.
};

}  // namespace

size_t GraphemeClusterBytes(absl::string_view text) {
  const auto is_ascii = [text](size_t i) {
    return static_cast<signed char>(text[i]) >= 0;
  };
  const bool printable = is_ascii(0) && text[0] >= ' ' && text[0] != 0x7F;
  if (printable && (text.size() == 1 || is_ascii(1))) return 1;
  Cluster cluster;
  size_t end = 0;
  while (end < text.size()) {
    const CodePoint point = CodePointAt(text, end);
    if (!cluster.Takes(point.value)) break;
    end += point.num_bytes;
  }
  return end;
}

}  // namespace parley
