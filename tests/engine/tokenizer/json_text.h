// Parts of tokenizer.json for tests to read.
#ifndef PARLEY_TESTS_ENGINE_TOKENIZER_JSON_TEXT_H_
#define PARLEY_TESTS_ENGINE_TOKENIZER_JSON_TEXT_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/tokenizer/json_node.h"
#include "gtest/gtest.h"

namespace parley {

// {"part": <json>}, of the file "t.json".
inline JsonDocument DocumentOf(absl::string_view json) {
  auto document =
      JsonDocument::Parse(absl::StrCat("{\"part\": ", json, "}"), "t.json");
  EXPECT_TRUE(document.ok()) << document.status();
  return *std::move(document);
}

// What `read` gives for <json>, whose place is "t.json: part".
template <typename Read>
auto ReadPart(const Read& read, absl::string_view json) {
  const JsonDocument document = DocumentOf(json);
  return read(document.root().Get("part"));
}

// The message of a status that is INVALID_ARGUMENT, or its code's name.
inline std::string InvalidMessage(const absl::Status& status) {
  if (status.code() == absl::StatusCode::kInvalidArgument) {
    return std::string(status.message());
  }
  return absl::StatusCodeToString(status.code());
}

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_TOKENIZER_JSON_TEXT_H_
