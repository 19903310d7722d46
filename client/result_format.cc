#include "client/result_format.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "base/utf8.h"

namespace parley::client {
namespace {

absl::StatusOr<std::string> JsonString(absl::string_view text) {
  google::protobuf::StringValue value;
  value.set_value(MakeValidUtf8(text));
  return MessageToJson(value);
}

}  // namespace

std::string FormatText(const TranslatedText& translated, LineBreaks breaks) {
  std::string line;
  const auto& hypotheses = translated.result.hypotheses();
  for (int i = 0; i < hypotheses.size(); ++i) {
    std::string text = hypotheses[i].text();
    if (breaks == LineBreaks::kToSpaces) {
      std::replace(text.begin(), text.end(), '\n', ' ');
      std::replace(text.begin(), text.end(), '\r', ' ');
    }
    if (hypotheses.size() > 1)
      std::replace(text.begin(), text.end(), '\t', ' ');
    absl::StrAppend(&line, i == 0 ? "" : "\t", text);
  }
  return line;
}

absl::StatusOr<std::string> FormatJson(const TranslatedText& translated) {
  PARLEY_ASSIGN_OR_RETURN(const std::string text, JsonString(translated.text));
  PARLEY_ASSIGN_OR_RETURN(const std::string model,
                          JsonString(translated.model));
  parley::v1::TranslateResult result = translated.result;
  // Details are of any type, so there may be some that cannot be printed.
  result.mutable_status()->clear_details();
  PARLEY_ASSIGN_OR_RETURN(const std::string fields, MessageToJson(result));
  // `fields` is an object and never empty: the status is always there.
  return absl::StrCat("{\"line\":", translated.number, ",\"text\":", text,
                      ",\"model\":", model, ",", fields.substr(1));
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

absl::Status TextStatus(const TranslatedText& translated) {
  const auto& status = translated.result.status();
  if (status.code() < 0 || status.code() > 16) {
    return absl::UnknownError(
        absl::StrCat("code ", status.code(), ": ", status.message()));
  }
  return absl::Status(static_cast<absl::StatusCode>(status.code()),
                      status.message());
}

}  // namespace parley::client
