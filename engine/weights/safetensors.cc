#include "engine/weights/safetensors.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/weights/byte_cursor.h"
#include "engine/weights/quoted_name.h"
#include "engine/weights/safetensors_header.h"
#include "engine/weights/shape_bytes.h"

namespace parley {
namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;

absl::StatusOr<absl::string_view> TakeHeader(ByteCursor& cursor) {
  const std::optional<uint64_t> num_bytes = cursor.Read<uint64_t>();
  if (!num_bytes.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("header: the file has ", cursor.remaining(),
                     " bytes, fewer than the 8 of the header's length"));
  }
  if (*num_bytes > kMaxHeaderBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("header: its length of ", *num_bytes,
                     " bytes is above the limit of ", kMaxHeaderBytes));
  }
  const auto header = cursor.Take(*num_bytes);
  if (!header.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "header: its length of ", *num_bytes, " bytes is beyond the file's ",
        cursor.remaining(), " bytes that follow"));
  }
  return AsText(*header);
}

// The rules that concern one tensor alone.
absl::Status CheckEntry(const SafetensorsEntry& entry, uint64_t data_bytes) {
  if (entry.begin_bytes > entry.end_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("data_offsets begin at ", entry.begin_bytes,
                     ", after their end at ", entry.end_bytes));
  }
  if (entry.end_bytes > data_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("data_offsets end at ", entry.end_bytes, ", beyond the ",
                     data_bytes, " bytes of data in the file"));
  }
  const std::optional<int64_t> num_bytes = ShapeBytes(entry.shape, entry.dtype);
  if (!num_bytes.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the size of shape ", ShapeToString(entry.shape), " overflows"));
  }
  if (entry.end_bytes - entry.begin_bytes !=
      static_cast<uint64_t>(*num_bytes)) {
    return absl::InvalidArgumentError(
        absl::StrCat("data_offsets span ", entry.end_bytes - entry.begin_bytes,
                     " bytes, ", DTypeName(entry.dtype),
                     ShapeToString(entry.shape), " needs ", *num_bytes));
  }
  return absl::OkStatus();
}

// The tensors' bytes follow each other from the first of the data to its last.
// Sorts `entries` by place.
absl::Status CheckLayout(std::vector<SafetensorsEntry>& entries,
                         uint64_t data_bytes) {
  std::sort(entries.begin(), entries.end(),
            [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
              return std::tie(a.begin_bytes, a.end_bytes) <
                     std::tie(b.begin_bytes, b.end_bytes);
            });
  uint64_t end_bytes = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin_bytes != end_bytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tensor ", QuotedName(entry.name), ": data_offsets begin at ",
          entry.begin_bytes, ", which leaves ",
          entry.begin_bytes < end_bytes ? "an overlap" : "a hole",
          ": the tensor before ends at ", end_bytes));
    }
    end_bytes = entry.end_bytes;
  }
  if (end_bytes != data_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the tensors end at ", end_bytes, " of ", data_bytes,
                     " bytes of data; the bytes after them belong to none"));
  }
  return absl::OkStatus();
}

absl::Status FillTensors(absl::Span<const std::byte> bytes,
                         NamedTensors& tensors) {
  ByteCursor cursor(bytes);
  PARLEY_ASSIGN_OR_RETURN(const absl::string_view text, TakeHeader(cursor));
  PARLEY_ASSIGN_OR_RETURN(SafetensorsHeader header,
                          ParseSafetensorsHeader(text));
  std::vector<SafetensorsEntry>& entries = header.entries;
  const absl::Span<const std::byte> data = bytes.subspan(cursor.position());
  for (const SafetensorsEntry& entry : entries) {
    if (absl::Status status = CheckEntry(entry, data.size()); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tensor ", QuotedName(entry.name), ": ", status.message()));
    }
  }
  PARLEY_RETURN_IF_ERROR(CheckLayout(entries, data.size()));
  for (SafetensorsEntry& entry : entries) {
    // The header's parser refused names that appear twice.
    tensors.Add(entry.name,
                {.dtype = entry.dtype,
                 .shape = std::move(entry.shape),
                 .data = data.subspan(entry.begin_bytes,
                                      entry.end_bytes - entry.begin_bytes)});
  }
  tensors.SetMetadata(std::move(header.metadata));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<NamedTensors>> ParseSafetensors(
    absl::Span<const std::byte> bytes, const std::string& path) {
  auto tensors = std::make_unique<NamedTensors>(path);
  if (absl::Status status = FillTensors(bytes, *tensors); !status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat(path, ": ", status.message()));
  }
  return tensors;
}

}  // namespace parley
