#include "engine/weights/json_file.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <limits>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/mapped_file.h"
#include "base/status_macros.h"
#include "engine/weights/byte_cursor.h"
#include "engine/weights/json_text.h"
#include "engine/weights/quoted_name.h"
#include "nlohmann/json.hpp"

namespace parley {

struct JsonFile::Impl {
  std::string path;
  nlohmann::json object;
};

namespace {

using nlohmann::json;

constexpr size_t kMaxFileBytes = 64'000'000;
constexpr size_t kMaxDepth = 64;
// A built value takes up to about a hundred bytes, however short its text.
constexpr size_t kMaxValues = 1'000'000;

// Takes the events of the library's parser and builds nothing: says whether
// the text may be built. Keys of every open object are held, at most kMaxDepth
// sets of them.
class LimitEvents : public nlohmann::json_sax<json> {
 public:
  explicit LimitEvents(json::value_t top) : top_(top) {}

  const absl::Status& error() const { return error_; }

  bool null() override { return Value(); }
  bool boolean(bool) override { return Value(); }
  bool number_integer(number_integer_t) override { return Value(); }
  bool number_unsigned(number_unsigned_t) override { return Value(); }
  bool number_float(number_float_t, const string_t&) override {
    return Value();
  }
  bool string(string_t&) override { return Value(); }
  bool binary(binary_t&) override { return Value(); }
  bool start_object(size_t) override {
    if (keys_.empty() && top_ != json::value_t::object) {
      return Fail("the top is an object, expected an array");
    }
    return Open();
  }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override {
    if (keys_.empty() && top_ != json::value_t::array) {
      return Fail("the top is an array, expected an object");
    }
    return Open();
  }
  bool end_array() override { return Close(); }

  bool key(string_t& key) override {
    if (keys_.back().insert(key).second) return true;
    return Fail(absl::StrCat("key ", QuotedName(key), " appears twice"));
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    return Fail(JsonSyntaxMessage(position, error.what()));
  }

 private:
  bool Value() {
    if (keys_.empty()) {
      return Fail(top_ == json::value_t::object ? "the top is not an object"
                                                : "the top is not an array");
    }
    return Count();
  }

  bool Count() {
    if (++num_values_ <= kMaxValues) return true;
    return Fail(absl::StrCat("has more than ", kMaxValues, " values"));
  }

  bool Open() {
    if (keys_.size() == kMaxDepth) {
      return Fail(absl::StrCat("nested deeper than ", kMaxDepth));
    }
    keys_.emplace_back();
    return Count();
  }

  bool Close() {
    keys_.pop_back();
    return true;
  }

  bool Fail(absl::string_view rule) {
    error_ = absl::InvalidArgumentError(rule);
    return false;
  }

  const json::value_t top_;
  // One for each open object or array; empty for an array.
  std::vector<absl::flat_hash_set<std::string>> keys_;
  size_t num_values_ = 0;
  absl::Status error_ = absl::InvalidArgumentError("the JSON library stopped");
};

// Text whose top is of kind `top`, object or array.
absl::StatusOr<json> ParseText(absl::string_view text, json::value_t top) {
  if (text.size() > kMaxFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("has ", text.size(), " bytes, above the limit of ",
                     kMaxFileBytes, " for JSON"));
  }
  PARLEY_RETURN_IF_ERROR(CheckJsonText(text));
  try {
    LimitEvents events(top);
    if (!json::sax_parse(text.begin(), text.end(), &events)) {
      return events.error();
    }
    return json::parse(text.begin(), text.end());
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot be read: ", error.what()));
  }
}

// The value of `key`, or null where it is missing or JSON's null.
const json* FindValue(const json& object, absl::string_view key) {
  const auto found = object.find(std::string(key));
  if (found == object.end() || found->is_null()) return nullptr;
  return &*found;
}

std::string Describe(const json& value) {
  switch (value.type()) {
    case json::value_t::string:
      return absl::StrCat(QuotedName(value.get_ref<const std::string&>()),
                          " (string)");
    case json::value_t::boolean:
      return value.get<bool>() ? "true (boolean)" : "false (boolean)";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return absl::StrCat(value.dump(), " (integer)");
    case json::value_t::number_float:
      return absl::StrCat(value.dump(), " (number)");
    case json::value_t::array:
      return absl::StrCat("an array of ", value.size());
    case json::value_t::object:
      return "an object";
    default:
      return "null";
  }
}

// `"d_model" is "512" (string), expected an integer`; `place` is the quoted
// key, with "[3]" after it for an element.
absl::Status WrongKind(absl::string_view place, const json& value,
                       absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat(place, " is ", Describe(value), ", expected ", expected));
}

absl::Status Convert(const json& value, absl::string_view place, int64_t* out) {
  if (!value.is_number_integer()) return WrongKind(place, value, "an integer");
  if (value.is_number_unsigned() &&
      value.get<uint64_t>() >
          static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return WrongKind(place, value, "an integer of 64 bits");
  }
  *out = value.get<int64_t>();
  return absl::OkStatus();
}

absl::Status Convert(const json& value, absl::string_view place, double* out) {
  if (!value.is_number()) return WrongKind(place, value, "a number");
  *out = value.get<double>();
  return absl::OkStatus();
}

absl::Status Convert(const json& value, absl::string_view place, bool* out) {
  if (!value.is_boolean()) return WrongKind(place, value, "true or false");
  *out = value.get<bool>();
  return absl::OkStatus();
}

absl::Status Convert(const json& value, absl::string_view place,
                     std::string* out) {
  if (!value.is_string()) return WrongKind(place, value, "a string");
  *out = value.get_ref<const std::string&>();
  return absl::OkStatus();
}

template <typename T>
absl::Status Convert(const json& value, absl::string_view place,
                     std::vector<T>* out) {
  if (!value.is_array()) return WrongKind(place, value, "an array");
  out->resize(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    PARLEY_RETURN_IF_ERROR(
        Convert(value[i], absl::StrCat(place, "[", i, "]"), &(*out)[i]));
  }
  return absl::OkStatus();
}

absl::Status WithPath(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(path, ": ", status.message()));
}

template <typename T>
absl::StatusOr<std::optional<T>> Get(const json& object,
                                     const std::string& path,
                                     absl::string_view key) {
  const json* value = FindValue(object, key);
  if (value == nullptr) return std::optional<T>();
  T converted{};
  if (absl::Status status = Convert(*value, QuotedName(key), &converted);
      !status.ok()) {
    return WithPath(path, status);
  }
  return std::optional<T>(std::move(converted));
}

}  // namespace

absl::StatusOr<JsonFile> JsonFile::Read(const std::string& path) {
  PARLEY_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> file,
                          MappedFile::Open(path));
  return Parse(AsText(file->bytes()), path);
}

absl::StatusOr<JsonFile> JsonFile::Parse(absl::string_view text,
                                         const std::string& path) {
  absl::StatusOr<json> object = ParseText(text, json::value_t::object);
  if (!object.ok()) return WithPath(path, object.status());
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->object = *std::move(object);
  return JsonFile(std::move(impl));
}

absl::StatusOr<std::vector<JsonFile>> JsonFile::ReadObjects(
    const std::string& path) {
  PARLEY_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> file,
                          MappedFile::Open(path));
  absl::StatusOr<json> array =
      ParseText(AsText(file->bytes()), json::value_t::array);
  if (!array.ok()) return WithPath(path, array.status());
  std::vector<JsonFile> objects;
  for (json& element : *array) {
    const std::string place = absl::StrCat("[", objects.size(), "]");
    if (!element.is_object()) {
      return WithPath(path, WrongKind(place, element, "an object"));
    }
    auto impl = std::make_unique<Impl>();
    impl->path = absl::StrCat(path, ": ", place);
    impl->object = std::move(element);
    objects.push_back(JsonFile(std::move(impl)));
  }
  return objects;
}

JsonFile::JsonFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JsonFile::~JsonFile() = default;
JsonFile::JsonFile(JsonFile&&) noexcept = default;
JsonFile& JsonFile::operator=(JsonFile&&) noexcept = default;

const std::string& JsonFile::path() const { return impl_->path; }

bool JsonFile::Has(absl::string_view key) const {
  return FindValue(impl_->object, key) != nullptr;
}

absl::StatusOr<std::optional<int64_t>> JsonFile::GetInt(
    absl::string_view key) const {
  return Get<int64_t>(impl_->object, impl_->path, key);
}

absl::StatusOr<std::optional<double>> JsonFile::GetNumber(
    absl::string_view key) const {
  return Get<double>(impl_->object, impl_->path, key);
}

absl::StatusOr<std::optional<bool>> JsonFile::GetBool(
    absl::string_view key) const {
  return Get<bool>(impl_->object, impl_->path, key);
}

absl::StatusOr<std::optional<std::string>> JsonFile::GetString(
    absl::string_view key) const {
  return Get<std::string>(impl_->object, impl_->path, key);
}

absl::StatusOr<std::optional<std::vector<std::string>>> JsonFile::GetStrings(
    absl::string_view key) const {
  return Get<std::vector<std::string>>(impl_->object, impl_->path, key);
}

absl::StatusOr<std::optional<std::vector<std::vector<int64_t>>>>
JsonFile::GetIntLists(absl::string_view key) const {
  return Get<std::vector<std::vector<int64_t>>>(impl_->object, impl_->path,
                                                key);
}

absl::StatusOr<std::optional<std::vector<std::vector<std::string>>>>
JsonFile::GetStringLists(absl::string_view key) const {
  return Get<std::vector<std::vector<std::string>>>(impl_->object, impl_->path,
                                                    key);
}

absl::StatusOr<std::optional<std::string>> JsonFile::GetBoolOrString(
    absl::string_view key) const {
  const json* value = FindValue(impl_->object, key);
  if (value == nullptr) return std::optional<std::string>();
  if (value->is_boolean()) return value->get<bool>() ? "true" : "false";
  if (value->is_string()) return value->get_ref<const std::string&>();
  return WithPath(impl_->path, WrongKind(QuotedName(key), *value,
                                         "true, false or a string"));
}

absl::StatusOr<std::optional<int64_t>> JsonFile::GetIntOrOnlyInt(
    absl::string_view key) const {
  const json* value = FindValue(impl_->object, key);
  if (value == nullptr) return std::optional<int64_t>();
  if (value->is_array() && value->size() != 1) {
    return WithPath(impl_->path,
                    WrongKind(QuotedName(key), *value,
                              "an integer or an array of one integer"));
  }
  int64_t number = 0;
  const json& element = value->is_array() ? (*value)[0] : *value;
  if (absl::Status status = Convert(element, QuotedName(key), &number);
      !status.ok()) {
    return WithPath(impl_->path, status);
  }
  return std::optional<int64_t>(number);
}

absl::StatusOr<std::optional<JsonFile>> JsonFile::GetObject(
    absl::string_view key) const {
  const json* value = FindValue(impl_->object, key);
  if (value == nullptr) return std::optional<JsonFile>();
  if (!value->is_object()) {
    return WithPath(impl_->path,
                    WrongKind(QuotedName(key), *value, "an object"));
  }
  auto impl = std::make_unique<Impl>();
  impl->path = absl::StrCat(impl_->path, ": ", QuotedName(key));
  impl->object = *value;
  return std::optional<JsonFile>(JsonFile(std::move(impl)));
}

std::vector<std::string> JsonFile::UnknownKeys(
    const std::vector<absl::string_view>& known) const {
  std::vector<std::string> unknown;
  for (const auto& [key, value] : impl_->object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      unknown.push_back(key);
    }
  }
  std::sort(unknown.begin(), unknown.end());
  return unknown;
}

}  // namespace parley
