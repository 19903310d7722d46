#include "engine/tokenizer/json_node.h"

#include <exception>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/tokenizer/model_file.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxQuotedBytes = 60;

// For messages: text of any length and content, made short and printable.
std::string Quoted(absl::string_view text) {
  const std::string escaped =
      absl::Utf8SafeCEscape(MakeValidUtf8(text.substr(0, kMaxQuotedBytes)));
  return absl::StrCat("\"", escaped,
                      text.size() > kMaxQuotedBytes ? "...\"" : "\"");
}

// Takes the events of the library's parser and builds nothing: says whether
// the text may be built.
class LimitEvents : public nlohmann::json_sax<Json> {
 public:
  const std::string& error() const { return error_; }

  bool null() override { return Value(); }
  bool boolean(bool) override { return Value(); }
  bool number_integer(number_integer_t) override { return Value(); }
  bool number_unsigned(number_unsigned_t) override { return Value(); }
  bool number_float(number_float_t, const string_t&) override {
    return Value();
  }
  bool string(string_t&) override { return Value(); }
  bool binary(binary_t&) override { return Value(); }
  bool start_object(size_t) override { return Open(); }
  bool start_array(size_t) override { return Open(); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& key) override {
    if (keys_.back().insert(key).second) return true;
    return Fail(absl::StrCat("the key ", Quoted(key), " appears twice"));
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return Fail(absl::StrCat("not JSON at byte ", position));
  }

 private:
  bool Value() {
    if (++num_values_ <= JsonDocument::kMaxValues) return true;
    return Fail(
        absl::StrCat("it has more than ", JsonDocument::kMaxValues, " values"));
  }

  bool Open() {
    keys_.emplace_back();
    if (keys_.size() <= JsonDocument::kMaxDepth) return Value();
    return Fail(
        absl::StrCat("it is nested deeper than ", JsonDocument::kMaxDepth));
  }

  bool Close() {
    keys_.pop_back();
    return true;
  }

  bool Fail(std::string error) {
    error_ = std::move(error);
    return false;
  }

  // Of each open object; empty for an array.
  std::vector<absl::flat_hash_set<std::string>> keys_;
  size_t num_values_ = 0;
  std::string error_;
};

}  // namespace

JsonNode::JsonNode(const Json* value, std::string place)
    : value_(value != nullptr && value->is_null() ? nullptr : value),
      place_(std::move(place)) {}

bool JsonNode::is_object() const {
  return value_ != nullptr && value_->is_object();
}
bool JsonNode::is_array() const {
  return value_ != nullptr && value_->is_array();
}
bool JsonNode::is_string() const {
  return value_ != nullptr && value_->is_string();
}

absl::Status JsonNode::Expected(absl::string_view what) const {
  if (is_missing()) {
    return Wrong(absl::StrCat("is missing, expected ", what));
  }
  const std::string value = value_->is_string()
                                ? Quoted(value_->get_ref<const std::string&>())
                            : value_->is_structured() ? value_->type_name()
                                                      : value_->dump();
  return Wrong(absl::StrCat("is ", value, ", expected ", what));
}

absl::Status JsonNode::Wrong(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(place_, " ", what));
}

JsonNode JsonNode::Get(absl::string_view key) const {
  // "file: key" and then "file: key.key".
  std::string place =
      absl::StrCat(place_, absl::EndsWith(place_, ":") ? " " : ".",
                   absl::Utf8SafeCEscape(key.substr(0, kMaxQuotedBytes)));
  if (!is_object()) return {nullptr, std::move(place)};
  const auto it = value_->find(std::string(key));
  return {it == value_->end() ? nullptr : &*it, std::move(place)};
}

absl::StatusOr<std::string> JsonNode::AsString() const {
  if (!is_string()) return Expected("a string");
  return value_->get<std::string>();
}

absl::StatusOr<bool> JsonNode::AsBool() const {
  if (is_missing() || !value_->is_boolean()) return Expected("true or false");
  return value_->get<bool>();
}

absl::StatusOr<int64_t> JsonNode::AsCount(int64_t max) const {
  // Integers that are not negative are unsigned ones to the library.
  if (is_missing() || !value_->is_number_unsigned() ||
      value_->get<uint64_t>() > static_cast<uint64_t>(max)) {
    return Expected(absl::StrCat("an integer from 0 to ", max));
  }
  return value_->get<int64_t>();
}

absl::StatusOr<std::vector<JsonNode>> JsonNode::AsArray() const {
  if (!is_array()) return Expected("an array");
  std::vector<JsonNode> items;
  items.reserve(value_->size());
  for (size_t i = 0; i < value_->size(); ++i) {
    items.push_back({&(*value_)[i], absl::StrCat(place_, "[", i, "]")});
  }
  return items;
}

absl::StatusOr<std::vector<std::pair<std::string, JsonNode>>>
JsonNode::AsObject() const {
  if (!is_object()) return Expected("an object");
  std::vector<std::pair<std::string, JsonNode>> items;
  items.reserve(value_->size());
  for (const auto& [key, value] : value_->items()) {
    items.push_back({key, Get(key)});
  }
  return items;
}

absl::StatusOr<std::string> JsonNode::StringOr(
    absl::string_view fallback) const {
  if (is_missing()) return std::string(fallback);
  return AsString();
}

absl::StatusOr<bool> JsonNode::BoolOr(bool fallback) const {
  if (is_missing()) return fallback;
  return AsBool();
}

absl::StatusOr<JsonDocument> JsonDocument::Read(const std::string& path) {
  PARLEY_ASSIGN_OR_RETURN(const std::string text,
                          ReadModelFile(path, kMaxBytes));
  return Parse(text, path);
}

absl::StatusOr<JsonDocument> JsonDocument::Parse(absl::string_view text,
                                                 const std::string& path) {
  const auto broken = [&path](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
  };
  // The library would take a NUL for the end of the text.
  if (absl::StrContains(text, '\0')) return broken("not JSON: it has a NUL");
  try {
    LimitEvents events;
    if (!Json::sax_parse(text.begin(), text.end(), &events)) {
      return broken(events.error());
    }
    auto value = std::make_unique<Json>(Json::parse(text.begin(), text.end()));
    if (!value->is_object()) return broken("its top is not an object");
    return JsonDocument(std::move(value), path);
  } catch (const std::exception& exception) {
    return broken(MakeValidUtf8(exception.what()));
  }
}

JsonDocument::JsonDocument(std::unique_ptr<Json> value, std::string path)
    : value_(std::move(value)), path_(std::move(path)) {}
JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

JsonNode JsonDocument::root() const {
  return {value_.get(), absl::StrCat(path_, ":")};
}

}  // namespace parley
