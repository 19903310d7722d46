#include "engine/tokenizer/text/rewriter.h"

#include "base/log.h"
#include "engine/tokenizer/text/code_points.h"

namespace parley {

void Rewriter::Skip() {
  PARLEY_CHECK(at_ < source_.text.size());
  at_ += CodePointAt(source_.text, at_).num_bytes;
}

void Rewriter::Append(char32_t c, ByteRange from) {
  AppendUtf8(c, &target_.text);
  target_.origin.resize(target_.text.size(), from);
}

void Rewriter::Replace(char32_t c, size_t num_more) {
  PARLEY_CHECK(at_ < source_.text.size());
  Append(c, source_.origin[at_]);
  for (size_t i = 0; i <= num_more; ++i) Skip();
}

void Rewriter::Insert(char32_t c) {
  if (at_ > 0) return Append(c, source_.origin[at_ - 1]);
  const size_t begin = source_.origin.empty() ? 0 : source_.origin[0].begin;
  Append(c, {begin, begin});
}

}  // namespace parley
