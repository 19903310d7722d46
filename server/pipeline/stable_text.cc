#include "server/pipeline/stable_text.h"

namespace parley {
namespace {

// Bytes that are decoded one by one read as this while they are no whole
// character.
constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";

// Whether a space is taken away (clean_up_tokenization_spaces of transformers)
// is decided by what follows it: at most the five bytes of "n ' t", which
// becomes "n't" and loses the space before it.
constexpr size_t kBytesBehindSpace = 5;

}  // namespace

size_t StablePrefixBytes(absl::string_view decoded) {
  while (decoded.size() >= kReplacement.size() &&
         decoded.substr(decoded.size() - kReplacement.size()) == kReplacement) {
    decoded.remove_suffix(kReplacement.size());
  }
  const size_t first_undecided = decoded.size() > kBytesBehindSpace
                                     ? decoded.size() - kBytesBehindSpace
                                     : 0;
  const size_t space = decoded.find(' ', first_undecided);
  return space == absl::string_view::npos ? decoded.size() : space;
}

}  // namespace parley
