#include "engine/weights/safetensors_header.h"

#include <cstddef>
#include <exception>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/weights/json_text.h"
#include "engine/weights/quoted_name.h"
#include "engine/weights/shape_bytes.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

constexpr DType kDTypes[] = {
    DType::kBool, DType::kU8,   DType::kI8,  DType::kI16, DType::kU16,
    DType::kF16,  DType::kBF16, DType::kI32, DType::kU32, DType::kF32,
    DType::kI64,  DType::kU64,  DType::kF64,
};

// Of the format, but not element types that a model here computes from.
constexpr absl::string_view kUnsupportedDTypes[] = {
    "F4",      "F6_E2M3",     "F6_E3M2",     "F8_E5M2", "F8_E4M3",
    "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "C64",
};

absl::StatusOr<DType> ParseDType(absl::string_view name) {
  for (const DType dtype : kDTypes) {
    if (name == DTypeName(dtype)) return dtype;
  }
  for (const absl::string_view unsupported : kUnsupportedDTypes) {
    if (name == unsupported) {
      return absl::InvalidArgumentError(
          absl::StrCat("dtype ", QuotedName(name), " is not supported"));
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("dtype ", QuotedName(name), " is unknown"));
}

// Takes the events of the JSON library's parser and checks them against the
// header's grammar as they come, so nothing is built of a header that breaks
// it, and no deeper nesting than the format's is ever entered.
class HeaderEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  SafetensorsHeader TakeHeader() { return std::move(header_); }
  // Why parsing stopped.
  const absl::Status& error() const { return error_; }

  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("a boolean"); }
  bool number_integer(number_integer_t) override {
    return Unexpected("a negative integer");
  }
  bool number_float(number_float_t, const string_t&) override {
    return Unexpected("a number that is not an integer in range");
  }
  bool binary(binary_t&) override { return Unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (state_ == State::kShape) {
      if (value > std::numeric_limits<int64_t>::max()) {
        return Fail("\"shape\" has a size above 2^63 - 1");
      }
      if (header_.entries.back().shape.size() == kMaxDimensions) {
        return Fail(absl::StrCat("\"shape\" has more than ", kMaxDimensions,
                                 " dimensions"));
      }
      header_.entries.back().shape.push_back(static_cast<int64_t>(value));
      return true;
    }
    if (state_ == State::kOffsets) {
      if (num_offsets_ == 2) {
        return Fail("\"data_offsets\" has more than two numbers");
      }
      (num_offsets_++ == 0 ? header_.entries.back().begin_bytes
                           : header_.entries.back().end_bytes) = value;
      return true;
    }
    return Unexpected("a number");
  }

  bool string(string_t& value) override {
    if (state_ == State::kMetadataValue) {
      *metadata_value_ = value;
      state_ = State::kMetadata;
      return true;
    }
    if (state_ != State::kDTypeValue) return Unexpected("a string");
    const absl::StatusOr<DType> dtype = ParseDType(value);
    if (!dtype.ok()) return Fail(dtype.status().message());
    header_.entries.back().dtype = *dtype;
    state_ = State::kEntry;
    return true;
  }

  bool start_object(size_t) override {
    switch (state_) {
      case State::kStart:
        state_ = State::kTop;
        return true;
      case State::kEntryValue:
        state_ = State::kEntry;
        return true;
      case State::kMetadataObject:
        state_ = State::kMetadata;
        return true;
      default:
        return Unexpected("an object");
    }
  }

  bool key(string_t& key) override {
    if (state_ == State::kTop) return TopKey(key);
    if (state_ == State::kMetadata) {
      const auto [place, is_new] = header_.metadata.try_emplace(key);
      if (!is_new) {
        return Fail(absl::StrCat("key ", QuotedName(key), " appears twice"));
      }
      metadata_value_ = &place->second;
      state_ = State::kMetadataValue;
      return true;
    }
    return EntryKey(key);
  }

  bool end_object() override {
    if (state_ == State::kEntry) {
      if (!has_dtype_) return Fail("\"dtype\" is missing");
      if (!has_shape_) return Fail("\"shape\" is missing");
      if (!has_offsets_) return Fail("\"data_offsets\" is missing");
    }
    state_ = state_ == State::kTop ? State::kEnd : State::kTop;
    return true;
  }

  bool start_array(size_t) override {
    if (state_ == State::kShapeValue) {
      state_ = State::kShape;
      return true;
    }
    if (state_ == State::kOffsetsValue) {
      state_ = State::kOffsets;
      return true;
    }
    return Unexpected("an array");
  }

  bool end_array() override {
    if (state_ == State::kOffsets && num_offsets_ != 2) {
      return Fail("\"data_offsets\" has fewer than two numbers");
    }
    state_ = State::kEntry;
    return true;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    error_ = absl::InvalidArgumentError(
        absl::StrCat("header: ", JsonSyntaxMessage(position, error.what())));
    return false;
  }

 private:
  enum class State {
    kStart,
    kTop,             // In the header's object.
    kMetadataObject,  // At the value of __metadata__.
    kMetadata,        // In it.
    kMetadataValue,
    kEntryValue,  // At the value of a tensor's name.
    kEntry,       // In it.
    kDTypeValue,
    kShapeValue,
    kShape,  // In the array.
    kOffsetsValue,
    kOffsets,  // In the array.
    kEnd,
  };

  bool TopKey(const std::string& key) {
    if (!names_.insert(key).second) {
      return Fail(absl::StrCat("key ", QuotedName(key), " appears twice"));
    }
    if (key == "__metadata__") {
      state_ = State::kMetadataObject;
      return true;
    }
    header_.entries.emplace_back().name = key;
    has_dtype_ = has_shape_ = has_offsets_ = false;
    num_offsets_ = 0;
    state_ = State::kEntryValue;
    return true;
  }

  bool EntryKey(const std::string& key) {
    bool* seen = nullptr;
    if (key == "dtype") {
      seen = &has_dtype_;
      state_ = State::kDTypeValue;
    } else if (key == "shape") {
      seen = &has_shape_;
      state_ = State::kShapeValue;
    } else if (key == "data_offsets") {
      seen = &has_offsets_;
      state_ = State::kOffsetsValue;
    } else {
      return Fail(absl::StrCat("key ", QuotedName(key),
                               " is unknown; only dtype, shape and "
                               "data_offsets may be here"));
    }
    if (*seen) {
      return Fail(absl::StrCat("key ", QuotedName(key), " appears twice"));
    }
    *seen = true;
    return true;
  }

  // Where we are, for the front of a message.
  std::string Place() const {
    switch (state_) {
      case State::kStart:
      case State::kTop:
      case State::kEnd:
        return "header";
      case State::kMetadataObject:
      case State::kMetadata:
      case State::kMetadataValue:
        return "__metadata__";
      default:
        return absl::StrCat("tensor ", QuotedName(header_.entries.back().name));
    }
  }

  absl::string_view Expected() const {
    switch (state_) {
      case State::kMetadataValue:
        return "a string";
      case State::kDTypeValue:
        return "\"dtype\" as a string";
      case State::kShapeValue:
        return "\"shape\" as an array";
      case State::kShape:
        return "\"shape\" as an array of non-negative integers";
      case State::kOffsetsValue:
      case State::kOffsets:
        return "\"data_offsets\" as an array of two non-negative integers";
      default:
        return "an object";
    }
  }

  bool Unexpected(absl::string_view found) {
    return Fail(absl::StrCat("found ", found, ", expected ", Expected()));
  }

  bool Fail(absl::string_view rule) {
    error_ = absl::InvalidArgumentError(absl::StrCat(Place(), ": ", rule));
    return false;
  }

  State state_ = State::kStart;
  SafetensorsHeader header_;
  absl::flat_hash_set<std::string> names_;
  std::string* metadata_value_ = nullptr;  // Of the key that came last.
  bool has_dtype_ = false;  // Of the entry we are in; so the next three.
  bool has_shape_ = false;
  bool has_offsets_ = false;
  int num_offsets_ = 0;
  absl::Status error_ =
      absl::InvalidArgumentError("header: the JSON library stopped");
};

}  // namespace

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(
    absl::string_view header) {
  if (header.empty() || header.front() != '{') {
    return absl::InvalidArgumentError("header: does not start with '{'");
  }
  if (absl::Status status = CheckJsonText(header); !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("header: ", status.message()));
  }
  try {
    HeaderEvents events;
    if (!nlohmann::json::sax_parse(header.begin(), header.end(), &events)) {
      return events.error();
    }
    return events.TakeHeader();
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(
        absl::StrCat("header: cannot be read: ", error.what()));
  }
}

}  // namespace parley
