#include "client/vector_format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/result_format.h"
#include "client/status_conversion.h"

namespace parley::client {
namespace {

using ::parley::v1::EmbedResult;

// Numbers of a vector that people are shown.
constexpr size_t kShownNumbers = 6;

void AppendShortest(std::string* out, float value) {
  char digits[32];
  const std::to_chars_result end =
      std::to_chars(digits, digits + sizeof(digits), value);
  out->append(digits, end.ptr);
}

}  // namespace

absl::StatusOr<std::vector<float>> DecodeVector(const EmbedResult& result) {
  PARLEY_RETURN_IF_ERROR(ToAbslStatus(result.status()));
  const std::string& bytes = result.vector();
  if (bytes.empty() || bytes.size() % sizeof(float) != 0 ||
      bytes.size() / sizeof(float) !=
          static_cast<size_t>(result.dimensions())) {
    return absl::InternalError(absl::StrCat("the server sent ", bytes.size(),
                                            " bytes for a vector of ",
                                            result.dimensions(), " numbers"));
  }
  std::vector<float> vector(bytes.size() / sizeof(float));
  // The wire is little-endian, as is every machine that this is built for.
  std::memcpy(vector.data(), bytes.data(), bytes.size());
  if (!std::all_of(vector.begin(), vector.end(),
                   [](float value) { return std::isfinite(value); })) {
    return absl::InternalError("the server sent a vector that is not finite");
  }
  return vector;
}

std::string FormatVectorText(const EmbedResult& result,
                             absl::Span<const float> vector) {
  const absl::Span<const float> shown = vector.subspan(0, kShownNumbers);
  return absl::StrCat(
      vector.size(), vector.size() == 1 ? " dimension: " : " dimensions: ",
      absl::StrJoin(shown, " ",
                    [](std::string* out, float value) {
                      absl::StrAppendFormat(out, "%.4f", value);
                    }),
      shown.size() < vector.size() ? " ..." : "", " (", result.tokens(),
      result.tokens() == 1 ? " token" : " tokens",
      result.truncated() ? ", truncated)" : ")");
}

absl::StatusOr<std::string> FormatVectorJson(
    const AnsweredText<EmbedResult>& answered, absl::Span<const float> vector) {
  PARLEY_ASSIGN_OR_RETURN(std::string json,
                          StartJson({.number = answered.number,
                                     .text = answered.text,
                                     .model = answered.model}));
  google::rpc::Status status = answered.result.status();
  // Details are of any type, so there may be some that cannot be printed.
  status.clear_details();
  PARLEY_ASSIGN_OR_RETURN(const std::string status_json, MessageToJson(status));
  absl::StrAppend(&json, "\"status\":", status_json, ",\"vector\":[");
  for (size_t i = 0; i < vector.size(); ++i) {
    if (i > 0) json += ',';
    AppendShortest(&json, vector[i]);
  }
  absl::StrAppend(
      &json, "],\"tokens\":", answered.result.tokens(),
      ",\"truncated\":", answered.result.truncated() ? "true" : "false", "}");
  return json;
}

}  // namespace parley::client
