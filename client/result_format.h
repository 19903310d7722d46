// How a translated text is printed.
#ifndef PARLEY_CLIENT_RESULT_FORMAT_H_
#define PARLEY_CLIENT_RESULT_FORMAT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/line_translation.h"
#include "google/protobuf/message.h"

namespace parley::client {

// What becomes of a line break inside a translation.
enum class LineBreaks {
  kKeep,
  kToSpaces,  // So that each text is one line.
};

// The best translation; where there are several, all of them, best first, with
// a tab between. Empty for a text that failed. No line's end.
std::string FormatText(const TranslatedText& translated, LineBreaks breaks);

// One line of JSON without its end: `line` (the text's number), `text` (the
// source), `model`, and the fields of TranslateResult as proto3's JSON mapping
// has them, under their own names and with those that are zero. What is not
// UTF-8 in `text` is replaced by U+FFFD.
absl::StatusOr<std::string> FormatJson(const TranslatedText& translated);

// A message by itself, in the same mapping and on one line.
absl::StatusOr<std::string> MessageToJson(
    const google::protobuf::Message& message);

// The status that a text ended with.
absl::Status TextStatus(const TranslatedText& translated);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_RESULT_FORMAT_H_
