#include "engine/tokenizer/wire_reader.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parley {
namespace {

constexpr uint64_t kMaxFieldNumber = (uint64_t{1} << 29) - 1;

absl::Status Broken(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

}  // namespace

float WireField::AsFloat() const {
  const uint32_t bits = static_cast<uint32_t>(value);
  float number = 0;
  std::memcpy(&number, &bits, sizeof(number));
  return number;
}

absl::Status WireReader::Next(WireField* field) {
  uint64_t tag = 0;
  PARLEY_RETURN_IF_ERROR(ReadVarint(&tag));
  field->number = tag >> 3;
  if (field->number == 0 || field->number > kMaxFieldNumber) {
    return Broken("a field's number is out of range");
  }
  field->type = static_cast<WireType>(tag & 7);
  field->bytes = {};
  switch (field->type) {
    case WireType::kVarint:
      return ReadVarint(&field->value);
    case WireType::k64:
      return ReadFixed(8, &field->value);
    case WireType::k32:
      return ReadFixed(4, &field->value);
    case WireType::kBytes:
      return ReadBytes(&field->bytes);
  }
  return Broken(absl::StrCat("a field is of wire type ", tag & 7));
}

absl::Status WireReader::ReadVarint(uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return Broken("it ends inside a number");
    const uint8_t byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    *value |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return absl::OkStatus();
  }
  return Broken("a number is longer than ten bytes");
}

absl::Status WireReader::ReadFixed(size_t num_bytes, uint64_t* value) {
  if (rest_.size() < num_bytes) return Broken("it ends inside a number");
  *value = 0;
  for (size_t i = num_bytes; i-- > 0;) {
    *value = *value << 8 | static_cast<uint8_t>(rest_[i]);
  }
  rest_.remove_prefix(num_bytes);
  return absl::OkStatus();
}

absl::Status WireReader::ReadBytes(absl::string_view* bytes) {
  uint64_t size = 0;
  PARLEY_RETURN_IF_ERROR(ReadVarint(&size));
  if (size > rest_.size()) {
    return Broken(absl::StrCat("a field of ", size, " bytes has only ",
                               rest_.size(), " left"));
  }
  *bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return absl::OkStatus();
}

absl::Status ExpectWireType(const WireField& field, WireType type,
                            absl::string_view name) {
  if (field.type == type) return absl::OkStatus();
  return Broken(absl::StrCat(name, " is of wire type ",
                             static_cast<int>(field.type), ", expected ",
                             static_cast<int>(type)));
}

}  // namespace parley
