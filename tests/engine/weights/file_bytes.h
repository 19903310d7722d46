// Files of the formats, made by hand in memory.
#ifndef PARLEY_TESTS_ENGINE_WEIGHTS_FILE_BYTES_H_
#define PARLEY_TESTS_ENGINE_WEIGHTS_FILE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace parley {

// A view of `text`, which must outlive it.
inline absl::Span<const std::byte> AsBytes(absl::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

// A file of testdata/. Empty where it cannot be read.
inline std::string ReadTestFile(absl::string_view name) {
  std::ifstream file(absl::StrCat("tests/engine/weights/testdata/", name),
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename T>
std::string LittleEndian(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

inline std::string SafetensorsBytes(absl::string_view header,
                                    absl::string_view data) {
  return absl::StrCat(LittleEndian<uint64_t>(header.size()), header, data);
}

// A pickle of protocol 2 with this between PROTO and STOP.
inline std::string PickleBytes(absl::string_view body) {
  return absl::StrCat("\x80\x02", body, ".");
}

// Pushes a string, below 256 bytes.
inline std::string PickleString(absl::string_view text) {
  return absl::StrCat("\x8c", std::string(1, static_cast<char>(text.size())),
                      text);
}

// Pushes an integer of 64 bits.
inline std::string PickleInteger(int64_t value) {
  return absl::StrCat("\x8a\x08", LittleEndian(value));
}

// Pushes a tuple of integers.
inline std::string PickleTuple(const std::vector<int64_t>& values) {
  std::string bytes = "(";
  for (const int64_t value : values) bytes += PickleInteger(value);
  return bytes + "t";
}

struct PickledTensor {
  std::string storage_type = "FloatStorage";
  std::string storage_key = "0";
  int64_t storage_elements = 4;
  int64_t offset = 0;
  std::vector<int64_t> shape = {2, 2};
  std::vector<int64_t> strides = {2, 1};
  bool is_legacy = false;  // As the format before torch 1.6 has storages.
};

// Pushes a tensor as torch.save does.
inline std::string PickleTensor(const PickledTensor& tensor) {
  return absl::StrCat(
      "ctorch._utils\n_rebuild_tensor_v2\n((", PickleString("storage"),
      "ctorch\n", tensor.storage_type, "\n", PickleString(tensor.storage_key),
      PickleString("cpu"), PickleInteger(tensor.storage_elements),
      tensor.is_legacy ? "N" : "", "tQ", PickleInteger(tensor.offset),
      PickleTuple(tensor.shape), PickleTuple(tensor.strides),
      "\x89"
      "ccollections\nOrderedDict\n)RtR");
}

// The pickle of {"w": tensor}.
inline std::string PickleOfOne(const PickledTensor& tensor) {
  return PickleBytes(
      absl::StrCat("}", PickleString("w"), PickleTensor(tensor), "s"));
}

struct ZipOptions {
  bool zip64 = false;             // Sizes and offsets in zip64 records.
  bool sizes_after_data = false;  // Left out of the local headers.
  std::string comment;
};

// A stored archive of (name, bytes).
inline std::string ZipBytes(
    const std::vector<std::pair<std::string, std::string>>& entries,
    const ZipOptions& options = {}) {
  const auto u16 = [](size_t value) {
    return LittleEndian(static_cast<uint16_t>(value));
  };
  const auto u32 = [](size_t value) {
    return LittleEndian(static_cast<uint32_t>(value));
  };
  const auto u64 = [](size_t value) {
    return LittleEndian(static_cast<uint64_t>(value));
  };
  const std::string flags = u16(options.sizes_after_data ? 8 : 0);
  const std::string method_time_crc = u16(0) + u32(0) + u32(0);
  std::string archive;
  std::string directory;
  for (const auto& [name, data] : entries) {
    const size_t offset = archive.size();
    const std::string size = u32(options.zip64 ? 0xffffffff : data.size());
    const std::string sizes64 =
        options.zip64 ? u64(data.size()) + u64(data.size()) : "";
    const std::string local_extra =
        options.zip64 ? u16(1) + u16(16) + sizes64 : "";
    const std::string local_size = options.sizes_after_data ? u32(0) : size;
    absl::StrAppend(&archive, "PK\3\4", u16(0), flags, method_time_crc,
                    local_size, local_size, u16(name.size()),
                    u16(local_extra.size()), name, local_extra, data);
    const std::string extra =
        options.zip64 ? u16(1) + u16(24) + sizes64 + u64(offset) : "";
    absl::StrAppend(&directory, "PK\1\2", u32(0), flags, method_time_crc, size,
                    size, u16(name.size()), u16(extra.size()), u16(0), u16(0));
    absl::StrAppend(&directory, u16(0), u32(0),
                    u32(options.zip64 ? 0xffffffff : offset), name, extra);
  }
  const size_t directory_offset = archive.size();
  archive += directory;
  const size_t end64 = archive.size();
  if (options.zip64) {
    absl::StrAppend(&archive, "PK\6\6", u64(44), u32(0), u32(0), u32(0),
                    u64(entries.size()), u64(entries.size()));
    absl::StrAppend(&archive, u64(directory.size()), u64(directory_offset),
                    "PK\6\7", u32(0), u64(end64), u32(1));
  }
  absl::StrAppend(&archive, "PK\5\6", u32(0),
                  u16(options.zip64 ? 0xffff : entries.size()),
                  u16(options.zip64 ? 0xffff : entries.size()),
                  u32(options.zip64 ? 0xffffffff : directory.size()));
  absl::StrAppend(&archive, u32(options.zip64 ? 0xffffffff : directory_offset),
                  u16(options.comment.size()), options.comment);
  return archive;
}

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_WEIGHTS_FILE_BYTES_H_
