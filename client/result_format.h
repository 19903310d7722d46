// How results are printed, as lines for people and as lines of JSON.
#ifndef PARLEY_CLIENT_RESULT_FORMAT_H_
#define PARLEY_CLIENT_RESULT_FORMAT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/line_calls.h"
#include "google/protobuf/message.h"
#include "parley/v1/embedding.pb.h"
#include "parley/v1/translation.pb.h"

namespace parley::client {

// What becomes of a line break inside a text.
enum class LineBreaks {
  kKeep,
  kToSpaces,  // So that each text is one line.
};
std::string WithLineBreaks(absl::string_view text, LineBreaks breaks);

// None of the following has a line's end; all are empty for a text that failed.

// The best translation; where there are several, all of them, best first, with
// a tab between.
std::string FormatTranslation(const parley::v1::TranslateResult& result,
                              LineBreaks breaks);
// "positive 0.9874", best first, with a tab between.
std::string FormatLabels(const parley::v1::ClassifyResult& result);
// "paris 0.4162", best first, with a tab between; of several masks, with
// " | " between.
std::string FormatMasks(const parley::v1::FillMaskResult& result);

// The fields of a line of JSON that say which text it is about.
struct LineIdentity {
  int64_t number;
  absl::string_view text;
  absl::string_view model;
};

// `line`, `text` and `model` as the start of an object: `{"line":1,...,`.
// What is not UTF-8 in `text` is replaced by U+FFFD.
absl::StatusOr<std::string> StartJson(const LineIdentity& line);

// One line of JSON: StartJson, and the fields of `result` as proto3's JSON
// mapping has them, under their own names and with those that are zero.
// `result` has at least one field.
absl::StatusOr<std::string> FormatJson(const LineIdentity& line,
                                       const google::protobuf::Message& result);

template <typename Result>
absl::StatusOr<std::string> FormatJson(const AnsweredText<Result>& answered) {
  Result result = answered.result;
  // Details are of any type, so there may be some that cannot be printed.
  result.mutable_status()->clear_details();
  return FormatJson({.number = answered.number,
                     .text = answered.text,
                     .model = answered.model},
                    result);
}

// A message by itself, in the same mapping and on one line.
absl::StatusOr<std::string> MessageToJson(
    const google::protobuf::Message& message);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_RESULT_FORMAT_H_
