// Typed reading of the JSON files of an encoder's tokenizer, with errors that
// name the file, the place in it and what was expected there.
#ifndef PARLEY_ENGINE_TOKENIZER_JSON_NODE_H_
#define PARLEY_ENGINE_TOKENIZER_JSON_NODE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json_fwd.hpp"

namespace parley {

// A value inside a JsonDocument, which outlives it, or the lack of one. What
// is null counts as missing. Getters give INVALID_ARGUMENT, e.g.
// `tokenizer.json: model.unk_token is 7, expected a string`.
class JsonNode {
 public:
  // `value` may be null; `place` is for messages.
  JsonNode(const nlohmann::json* value, std::string place);

  bool is_missing() const { return value_ == nullptr; }
  const std::string& place() const { return place_; }
  // REQUIRES: !is_missing()
  const nlohmann::json& value() const { return *value_; }
  bool is_object() const;
  bool is_array() const;
  bool is_string() const;

  // INVALID_ARGUMENT: the place, its value cut short, and what was expected.
  absl::Status Expected(absl::string_view what) const;
  // The same with words of one's own: "<place> <what>".
  absl::Status Wrong(absl::string_view what) const;

  // The value of a key; missing where this is no object.
  JsonNode Get(absl::string_view key) const;

  absl::StatusOr<std::string> AsString() const;
  absl::StatusOr<bool> AsBool() const;
  // An integer from 0 to `max`.
  absl::StatusOr<int64_t> AsCount(int64_t max) const;
  absl::StatusOr<std::vector<JsonNode>> AsArray() const;
  // Keys and their values, by rising key.
  absl::StatusOr<std::vector<std::pair<std::string, JsonNode>>> AsObject()
      const;

  // The fallback where this is missing.
  absl::StatusOr<std::string> StringOr(absl::string_view fallback) const;
  absl::StatusOr<bool> BoolOr(bool fallback) const;

 private:
  const nlohmann::json* value_;
  std::string place_;
};

// One JSON file, parsed. Read-only; any thread.
class JsonDocument {
 public:
  static constexpr size_t kMaxBytes = size_t{64} << 20;
  static constexpr size_t kMaxDepth = 64;
  // A value takes up to about a hundred bytes, however short its text.
  static constexpr size_t kMaxValues = 3'000'000;

  // NOT_FOUND where there is no file; INVALID_ARGUMENT where it is not JSON
  // with an object at its top, is over a limit, or has a key twice in one
  // object.
  static absl::StatusOr<JsonDocument> Read(const std::string& path);
  // The same of text at hand; `path` is for messages.
  static absl::StatusOr<JsonDocument> Parse(absl::string_view text,
                                            const std::string& path);
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;

  JsonNode root() const;

 private:
  JsonDocument(std::unique_ptr<nlohmann::json> value, std::string path);

  std::unique_ptr<nlohmann::json> value_;
  std::string path_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_JSON_NODE_H_
