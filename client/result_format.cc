#include "client/result_format.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/utf8.h"

namespace parley::client {
namespace {

using ::parley::v1::FilledMask;
using ::parley::v1::FilledToken;
using ::parley::v1::LabelScore;

absl::StatusOr<std::string> JsonString(absl::string_view text) {
  google::protobuf::StringValue value;
  value.set_value(MakeValidUtf8(text));
  return MessageToJson(value);
}

std::string FormatMask(const FilledMask& mask) {
  return absl::StrJoin(
      mask.tokens(), "\t", [](std::string* out, const FilledToken& token) {
        absl::StrAppendFormat(
            out, "%s %.4f", WithLineBreaks(token.text(), LineBreaks::kToSpaces),
            token.probability());
      });
}

}  // namespace

std::string WithLineBreaks(absl::string_view text, LineBreaks breaks) {
  std::string line(text);
  if (breaks == LineBreaks::kToSpaces) {
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::replace(line.begin(), line.end(), '\r', ' ');
  }
  return line;
}

std::string FormatTranslation(const parley::v1::TranslateResult& result,
                              LineBreaks breaks) {
  std::string line;
  const auto& hypotheses = result.hypotheses();
  for (int i = 0; i < hypotheses.size(); ++i) {
    std::string text = WithLineBreaks(hypotheses[i].text(), breaks);
    if (hypotheses.size() > 1)
      std::replace(text.begin(), text.end(), '\t', ' ');
    absl::StrAppend(&line, i == 0 ? "" : "\t", text);
  }
  return line;
}

std::string FormatLabels(const parley::v1::ClassifyResult& result) {
  return absl::StrJoin(
      result.labels(), "\t", [](std::string* out, const LabelScore& label) {
        absl::StrAppendFormat(out, "%s %.4f", label.label(), label.score());
      });
}

std::string FormatMasks(const parley::v1::FillMaskResult& result) {
  return absl::StrJoin(result.masks(), " | ",
                       [](std::string* out, const FilledMask& mask) {
                         absl::StrAppend(out, FormatMask(mask));
                       });
}

absl::StatusOr<std::string> StartJson(const LineIdentity& line) {
  PARLEY_ASSIGN_OR_RETURN(const std::string text, JsonString(line.text));
  PARLEY_ASSIGN_OR_RETURN(const std::string model, JsonString(line.model));
  return absl::StrCat("{\"line\":", line.number, ",\"text\":", text,
                      ",\"model\":", model, ",");
}

absl::StatusOr<std::string> FormatJson(
    const LineIdentity& line, const google::protobuf::Message& result) {
  PARLEY_ASSIGN_OR_RETURN(const std::string start, StartJson(line));
  PARLEY_ASSIGN_OR_RETURN(const std::string fields, MessageToJson(result));
  return absl::StrCat(start, fields.substr(1));
}

absl::StatusOr<std::string> MessageToJson(
    const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) {
    return absl::InternalError(
        absl::StrCat("cannot print an answer as JSON: ", status.ToString()));
  }
  return json;
}

}  // namespace parley::client
