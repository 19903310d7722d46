#include "engine/weights/safetensors_writer.h"

#include <cerrno>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/weights/quoted_name.h"
#include "engine/weights/shape_bytes.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

constexpr absl::string_view kMetadata = "__metadata__";
constexpr size_t kAlignment = 64;
constexpr size_t kLengthBytes = 8;  // Of the header's length before it.

absl::Status CheckText(absl::string_view text) {
  if (ValidUtf8PrefixBytes(text) == text.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(QuotedName(text), " is not UTF-8"));
}

absl::Span<const std::byte> Bytes(absl::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string LengthBytes(uint64_t length) {
  std::string bytes;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    bytes.push_back(static_cast<char>(length >> (8 * i) & 0xff));
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SafetensorsWriter>> SafetensorsWriter::Create(
    const std::string& path, SafetensorsPlan plan) {
  std::unique_ptr<SafetensorsWriter> writer(
      new SafetensorsWriter(path, std::move(plan)));
  if (absl::Status status = writer->Plan(); !status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat(path, ": ", status.message()));
  }
  PARLEY_RETURN_IF_ERROR(writer->Open());
  return writer;
}

SafetensorsWriter::SafetensorsWriter(std::string path, SafetensorsPlan plan)
    : path_(std::move(path)),
      partial_path_(absl::StrCat(path_, ".partial")),
      plan_(std::move(plan)) {}

SafetensorsWriter::~SafetensorsWriter() {
  file_.reset();
  if (is_partial_there_) std::remove(partial_path_.c_str());
}

absl::Status SafetensorsWriter::Plan() {
  absl::flat_hash_set<absl::string_view> names = {kMetadata};
  int64_t data_bytes = 0;
  for (const PlannedTensor& tensor : plan_.tensors) {
    PARLEY_RETURN_IF_ERROR(CheckText(tensor.name));
    if (!names.insert(tensor.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("the name ", QuotedName(tensor.name), " is taken"));
    }
    const std::optional<int64_t> size = ShapeBytes(tensor.shape, tensor.dtype);
    int64_t end = 0;
    if (!size.has_value() || __builtin_add_overflow(data_bytes, *size, &end)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the size of ", QuotedName(tensor.name), " overflows"));
    }
    sizes_.push_back(*size);
    data_bytes = end;
  }
  for (const auto& [key, value] : plan_.metadata) {
    PARLEY_RETURN_IF_ERROR(CheckText(key));
    PARLEY_RETURN_IF_ERROR(CheckText(value));
  }
  digests_.assign(sizes_.size(), std::string(kSha256Digits, '0'));
  header_bytes_ = Header().size();
  num_bytes_ = static_cast<int64_t>(header_bytes_) + data_bytes;
  return absl::OkStatus();
}

// The length, the JSON and the spaces behind it. As long at the end as at the
// beginning: digests have one length.
std::string SafetensorsWriter::Header() const {
  nlohmann::ordered_json metadata = nlohmann::ordered_json::object();
  for (const auto& [key, value] : plan_.metadata) metadata[key] = value;
  if (!plan_.digest_prefix.empty()) {
    for (size_t i = 0; i < digests_.size(); ++i) {
      metadata[absl::StrCat(plan_.digest_prefix, plan_.tensors[i].name)] =
          digests_[i];
    }
  }
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[std::string(kMetadata)] = std::move(metadata);
  int64_t begin = 0;
  for (size_t i = 0; i < sizes_.size(); ++i) {
    const PlannedTensor& tensor = plan_.tensors[i];
    header[tensor.name] = {{"dtype", std::string(DTypeName(tensor.dtype))},
                           {"shape", tensor.shape},
                           {"data_offsets", {begin, begin + sizes_[i]}}};
    begin += sizes_[i];
  }
  std::string text = header.dump();
  const size_t end = kLengthBytes + text.size();
  text.append((kAlignment - end % kAlignment) % kAlignment, ' ');
  return absl::StrCat(LengthBytes(text.size()), text);
}

absl::Status SafetensorsWriter::Open() {
  file_.reset(std::fopen(partial_path_.c_str(), "wb"));
  if (file_ == nullptr) return SystemError("cannot be made");
  is_partial_there_ = true;
  PARLEY_RETURN_IF_ERROR(Append(Bytes(Header())));
  SkipToUnfinished();
  return absl::OkStatus();
}

absl::Status SafetensorsWriter::Write(absl::string_view name,
                                      absl::Span<const std::byte> bytes) {
  if (current_ == sizes_.size() || plan_.tensors[current_].name != name) {
    return absl::FailedPreconditionError(
        absl::StrCat(path_, ": it is not the turn of ", QuotedName(name)));
  }
  const int64_t missing = sizes_[current_] - current_bytes_;
  if (bytes.size() > static_cast<uint64_t>(missing)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path_, ": ", QuotedName(name), " has ", missing,
                     " bytes left, fewer than ", bytes.size()));
  }
  PARLEY_RETURN_IF_ERROR(Append(bytes));
  if (!plan_.digest_prefix.empty()) digest_.Add(bytes);
  current_bytes_ += static_cast<int64_t>(bytes.size());
  SkipToUnfinished();
  return absl::OkStatus();
}

// Leaves tensors behind that are complete, be it for having no bytes.
void SafetensorsWriter::SkipToUnfinished() {
  while (current_ < sizes_.size() && current_bytes_ == sizes_[current_]) {
    if (!plan_.digest_prefix.empty()) digests_[current_] = digest_.Finish();
    ++current_;
    current_bytes_ = 0;
  }
}

absl::Status SafetensorsWriter::Finish() {
  if (file_ == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(path_, " is finished already"));
  }
  if (current_ < sizes_.size()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path_, ": bytes of ",
                     QuotedName(plan_.tensors[current_].name), " are missing"));
  }
  const std::string header = Header();  // Now with the digests.
  PARLEY_CHECK(header.size() == header_bytes_) << path_;
  std::rewind(file_.get());
  PARLEY_RETURN_IF_ERROR(Append(Bytes(header)));
  // Full disks may show only now.
  if (std::fclose(file_.release()) != 0)
    return SystemError("cannot be written");
  if (std::rename(partial_path_.c_str(), path_.c_str()) != 0) {
    return SystemError("cannot be renamed");
  }
  is_partial_there_ = false;
  return absl::OkStatus();
}

absl::Status SafetensorsWriter::Append(absl::Span<const std::byte> bytes) {
  const size_t written =
      std::fwrite(bytes.data(), 1, bytes.size(), file_.get());
  return written == bytes.size() ? absl::OkStatus()
                                 : SystemError("cannot be written");
}

absl::Status SafetensorsWriter::SystemError(absl::string_view doing) const {
  return absl::ErrnoToStatus(errno, absl::StrCat(partial_path_, " ", doing));
}

}  // namespace parley
