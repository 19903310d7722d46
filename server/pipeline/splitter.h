// Cuts a text into sentences or paragraphs.
#ifndef PARLEY_SERVER_PIPELINE_SPLITTER_H_
#define PARLEY_SERVER_PIPELINE_SPLITTER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/api/tokenizer.h"
#include "server/pipeline/translate.h"

namespace parley {

// Whether `text` (valid UTF-8) is empty or nothing but white space, as Unicode
// has it.
bool IsBlank(absl::string_view text);

// `range` of `text` without the white space at its ends.
ByteRange TrimWhiteSpace(absl::string_view text, ByteRange range);

// How to cut. Any thread.
struct SplitRules {
  SplitMode mode = SplitMode::kSentences;
  // Whose abbreviations end no sentence, e.g. "en"; empty or unknown: those of
  // no language in particular.
  absl::string_view language;
};

// The pieces of `text` (valid UTF-8), in order. In kNone, all of it. Else no
// piece has white space at its ends, all else but white space is in one, and
// there is none where the text is blank. A line break ends a piece.
std::vector<ByteRange> SplitText(absl::string_view text,
                                 const SplitRules& rules);

// What stands before, between and after `pieces`. [num_pieces + 1]
std::vector<std::string> SpacingAround(absl::string_view text,
                                       absl::Span<const ByteRange> pieces);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_SPLITTER_H_
