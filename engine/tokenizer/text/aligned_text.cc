#include "engine/tokenizer/text/aligned_text.h"

namespace parley {

AlignedText::AlignedText(absl::string_view original, size_t begin)
    : text(original) {
  origin.reserve(text.size());
  const auto continues = [this](size_t i) {
    return i < text.size() && (text[i] & 0xC0) == 0x80;
  };
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    while (continues(end)) ++end;
    origin.insert(origin.end(), end - i, {begin + i, begin + end});
    i = end;
  }
}

void AlignedText::Append(absl::string_view written, ByteRange from) {
  text.append(written.data(), written.size());
  origin.insert(origin.end(), written.size(), from);
}

AlignedText AlignedText::Part(size_t begin, size_t end) const {
  AlignedText part;
  part.text.assign(text, begin, end - begin);
  part.origin.assign(origin.begin() + begin, origin.begin() + end);
  return part;
}

}  // namespace parley
