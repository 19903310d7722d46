#include "engine/weights/zip_reader.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "engine/weights/byte_cursor.h"
#include "engine/weights/quoted_name.h"

namespace parley {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kZip64EndSignature = 0x06064b50;
constexpr uint32_t kZip64LocatorSignature = 0x07064b50;

constexpr size_t kEndBytes = 22;
constexpr size_t kMaxCommentBytes = 0xffff;
constexpr size_t kZip64EndBytes = 56;
constexpr size_t kZip64LocatorBytes = 20;
constexpr size_t kCentralBytes = 46;
constexpr size_t kLocalBytes = 30;

// In a 32-bit (16-bit) field: the value is in the zip64 record.
constexpr uint32_t kIn64 = 0xffffffff;
constexpr uint16_t kCountIn64 = 0xffff;

constexpr uint16_t kEncryptedFlags = 0x0041 | 0x2000;
constexpr uint16_t kSizesAfterDataFlag = 0x0008;

absl::Status Broken(absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("zip archive: ", rule));
}

absl::Status BrokenEntry(absl::string_view name, absl::string_view rule) {
  return Broken(absl::StrCat("entry ", QuotedName(name), ": ", rule));
}

// Where the entries' list is.
struct Directory {
  uint64_t num_entries = 0;
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
  uint64_t limit_bytes = 0;  // The first byte after which it may not reach.
};

// One entry as the directory has it.
struct Entry {
  std::string name;
  uint16_t flags = 0;
  uint64_t size_bytes = 0;
  uint64_t header_offset_bytes = 0;
};

// Fields of a record whose size was checked before: reads cannot fail.
template <typename T>
T Field(ByteCursor& cursor) {
  return cursor.Read<T>().value_or(T{});
}

std::optional<size_t> FindEnd(absl::Span<const std::byte> bytes) {
  if (bytes.size() < kEndBytes) return std::nullopt;
  const size_t last = bytes.size() - kEndBytes;
  const size_t first = last - std::min(last, kMaxCommentBytes);
  for (size_t offset = last + 1; offset-- > first;) {
    ByteCursor cursor(bytes.subspan(offset));
    if (Field<uint32_t>(cursor) != kEndSignature) continue;
    cursor.Take(16);
    // The comment ends the file, so a signature inside it is not the record.
    if (Field<uint16_t>(cursor) == last - offset) return offset;
  }
  return std::nullopt;
}

// The zip64 record before the end record at `end`, if its locator is there.
absl::Status ReadZip64End(absl::Span<const std::byte> bytes, size_t end,
                          Directory& directory) {
  if (end < kZip64LocatorBytes) return absl::OkStatus();
  const size_t locator_offset = end - kZip64LocatorBytes;
  ByteCursor locator(bytes.subspan(locator_offset));
  if (Field<uint32_t>(locator) != kZip64LocatorSignature) {
    return absl::OkStatus();
  }
  locator.Take(4);  // The disk of the record.
  const uint64_t offset = Field<uint64_t>(locator);
  if (Field<uint32_t>(locator) > 1) return Broken("it is split over disks");
  if (offset > locator_offset || locator_offset - offset < kZip64EndBytes) {
    return Broken("the zip64 record is out of range");
  }
  ByteCursor record(bytes.subspan(offset));
  if (Field<uint32_t>(record) != kZip64EndSignature) {
    return Broken("the zip64 record has no signature");
  }
  record.Take(12);  // Its size, and two versions.
  if (Field<uint32_t>(record) != 0 || Field<uint32_t>(record) != 0) {
    return Broken("it is split over disks");
  }
  const uint64_t num_on_disk = Field<uint64_t>(record);
  directory.num_entries = Field<uint64_t>(record);
  if (num_on_disk != directory.num_entries) {
    return Broken("it is split over disks");
  }
  directory.size_bytes = Field<uint64_t>(record);
  directory.offset_bytes = Field<uint64_t>(record);
  directory.limit_bytes = offset;
  return absl::OkStatus();
}

absl::StatusOr<Directory> FindDirectory(absl::Span<const std::byte> bytes) {
  const std::optional<size_t> end = FindEnd(bytes);
  if (!end.has_value()) return Broken("it has no end record; is it cut short?");
  ByteCursor cursor(bytes.subspan(*end));
  cursor.Take(4);
  const uint16_t disk = Field<uint16_t>(cursor);
  const uint16_t directory_disk = Field<uint16_t>(cursor);
  const uint16_t num_on_disk = Field<uint16_t>(cursor);
  const uint16_t num_entries = Field<uint16_t>(cursor);
  if ((disk != 0 && disk != kCountIn64) ||
      (directory_disk != 0 && directory_disk != kCountIn64) ||
      num_on_disk != num_entries) {
    return Broken("it is split over disks");
  }
  Directory directory;
  directory.num_entries = num_entries;
  directory.size_bytes = Field<uint32_t>(cursor);
  directory.offset_bytes = Field<uint32_t>(cursor);
  directory.limit_bytes = *end;
  PARLEY_RETURN_IF_ERROR(ReadZip64End(bytes, *end, directory));
  if (directory.offset_bytes > directory.limit_bytes ||
      directory.size_bytes > directory.limit_bytes - directory.offset_bytes) {
    return Broken("its directory is out of range");
  }
  if (directory.num_entries > directory.size_bytes / kCentralBytes) {
    return Broken(absl::StrCat("its directory of ", directory.size_bytes,
                               " bytes is too small for ",
                               directory.num_entries, " entries"));
  }
  return directory;
}

// The zip64 field of an entry: of size, stored size and offset, in this order,
// those whose 32-bit field says kIn64.
absl::Status ReadZip64Extra(absl::Span<const std::byte> extra,
                            absl::Span<uint64_t* const> fields) {
  ByteCursor cursor(extra);
  absl::Span<const std::byte> zip64;
  while (cursor.remaining() >= 4) {
    const uint16_t tag = Field<uint16_t>(cursor);
    const auto data = cursor.Take(Field<uint16_t>(cursor));
    if (!data.has_value()) return Broken("an extra field is out of range");
    if (tag == 0x0001) zip64 = *data;
  }
  ByteCursor values(zip64);
  for (uint64_t* field : fields) {
    if (*field != kIn64) continue;
    const std::optional<uint64_t> value = values.Read<uint64_t>();
    if (!value.has_value()) return Broken("its zip64 sizes are missing");
    *field = *value;
  }
  return absl::OkStatus();
}

absl::StatusOr<Entry> ReadCentral(ByteCursor& cursor) {
  if (cursor.remaining() < kCentralBytes ||
      Field<uint32_t>(cursor) != kCentralSignature) {
    return Broken("its directory has no entry where one should be");
  }
  Entry entry;
  cursor.Take(4);  // Versions.
  entry.flags = Field<uint16_t>(cursor);
  const uint16_t method = Field<uint16_t>(cursor);
  cursor.Take(8);  // Time, date, CRC.
  uint64_t stored_bytes = Field<uint32_t>(cursor);
  entry.size_bytes = Field<uint32_t>(cursor);
  const uint16_t name_bytes = Field<uint16_t>(cursor);
  const uint16_t extra_bytes = Field<uint16_t>(cursor);
  const uint16_t comment_bytes = Field<uint16_t>(cursor);
  const uint16_t disk = Field<uint16_t>(cursor);
  cursor.Take(6);  // Attributes.
  entry.header_offset_bytes = Field<uint32_t>(cursor);
  const auto name = cursor.Take(name_bytes);
  const auto extra = cursor.Take(extra_bytes);
  if (!name.has_value() || !extra.has_value() ||
      !cursor.Take(comment_bytes).has_value()) {
    return Broken("its directory is cut short");
  }
  entry.name = std::string(AsText(*name));
  uint64_t* const fields[] = {&entry.size_bytes, &stored_bytes,
                              &entry.header_offset_bytes};
  if (absl::Status status = ReadZip64Extra(*extra, fields); !status.ok()) {
    return BrokenEntry(entry.name, status.message());
  }
  if (disk != 0 && disk != kCountIn64) {
    return BrokenEntry(entry.name, "it is on another disk");
  }
  if ((entry.flags & kEncryptedFlags) != 0) {
    return BrokenEntry(entry.name, "it is encrypted");
  }
  if (method != 0) {
    return BrokenEntry(entry.name,
                       absl::StrCat("it is compressed (method ", method,
                                    "), expected stored (0)"));
  }
  if (stored_bytes != entry.size_bytes) {
    return BrokenEntry(entry.name,
                       absl::StrCat("it is stored in ", stored_bytes,
                                    " bytes but has ", entry.size_bytes));
  }
  return entry;
}

// The entry's bytes, behind its local header; `before_directory` is all that
// entries may take.
absl::StatusOr<absl::Span<const std::byte>> FindData(
    absl::Span<const std::byte> before_directory, const Entry& entry) {
  if (entry.header_offset_bytes > before_directory.size() ||
      before_directory.size() - entry.header_offset_bytes < kLocalBytes) {
    return BrokenEntry(entry.name, "its local header is out of range");
  }
  ByteCursor cursor(before_directory.subspan(entry.header_offset_bytes));
  if (Field<uint32_t>(cursor) != kLocalSignature) {
    return BrokenEntry(entry.name, "its local header has no signature");
  }
  cursor.Take(2);  // Version.
  const uint16_t flags = Field<uint16_t>(cursor);
  const uint16_t method = Field<uint16_t>(cursor);
  cursor.Take(8);  // Time, date, CRC.
  uint64_t stored_bytes = Field<uint32_t>(cursor);
  uint64_t size_bytes = Field<uint32_t>(cursor);
  const uint16_t name_bytes = Field<uint16_t>(cursor);
  const uint16_t extra_bytes = Field<uint16_t>(cursor);
  const auto name = cursor.Take(name_bytes);
  const auto extra = cursor.Take(extra_bytes);
  if (!name.has_value() || !extra.has_value()) {
    return BrokenEntry(entry.name, "its local header is out of range");
  }
  // Writers leave the local sizes empty when they come after the data.
  const bool has_sizes = (flags & kSizesAfterDataFlag) == 0;
  if (has_sizes) {
    uint64_t* const fields[] = {&size_bytes, &stored_bytes};
    if (absl::Status status = ReadZip64Extra(*extra, fields); !status.ok()) {
      return BrokenEntry(entry.name, status.message());
    }
  }
  if (AsText(*name) != entry.name || method != 0 || flags != entry.flags ||
      (has_sizes &&
       (size_bytes != entry.size_bytes || stored_bytes != entry.size_bytes))) {
    return BrokenEntry(entry.name,
                       "its local header says other than the directory");
  }
  const auto data = cursor.Take(entry.size_bytes);
  if (!data.has_value()) {
    return BrokenEntry(entry.name,
                       absl::StrCat("its ", entry.size_bytes,
                                    " bytes reach beyond the archive's data"));
  }
  return *data;
}

}  // namespace

absl::StatusOr<ZipEntries> ReadZip(absl::Span<const std::byte> bytes) {
  PARLEY_ASSIGN_OR_RETURN(const Directory directory, FindDirectory(bytes));
  const absl::Span<const std::byte> before_directory =
      bytes.first(directory.offset_bytes);
  ByteCursor cursor(
      bytes.subspan(directory.offset_bytes, directory.size_bytes));
  ZipEntries entries;
  // Where each entry's header begins and its data ends.
  std::vector<std::pair<uint64_t, uint64_t>> extents;
  for (uint64_t i = 0; i < directory.num_entries; ++i) {
    PARLEY_ASSIGN_OR_RETURN(Entry entry, ReadCentral(cursor));
    PARLEY_ASSIGN_OR_RETURN(const absl::Span<const std::byte> data,
                            FindData(before_directory, entry));
    extents.emplace_back(entry.header_offset_bytes,
                         data.data() - bytes.data() + data.size());
    if (!entries.try_emplace(entry.name, data).second) {
      return BrokenEntry(entry.name, "it is there twice");
    }
  }
  if (cursor.remaining() != 0) {
    return Broken(absl::StrCat("its directory has ", cursor.remaining(),
                               " bytes more than its entries"));
  }
  std::sort(extents.begin(), extents.end());
  for (size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].first < extents[i - 1].second) {
      return Broken(absl::StrCat("entries overlap at byte ", extents[i].first));
    }
  }
  return entries;
}

}  // namespace parley
