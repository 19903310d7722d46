#include "client/npy_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parley::client {
namespace {

// A multiple of 64, so that the data is aligned when the file is mapped, and
// room for the largest shape.
constexpr size_t kHeaderBytes = 128;

// The magic, version 1.0, the length of what follows, and a Python dictionary
// padded with spaces up to its line's end.
std::string Header(int64_t num_rows, int64_t num_columns) {
  const size_t preamble_bytes = 10;
  const size_t length = kHeaderBytes - preamble_bytes;
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(length & 0xff);
  header += static_cast<char>(length >> 8);
  absl::StrAppend(&header, "{'descr': '<f4', 'fortran_order': False, ",
                  "'shape': (", num_rows, ", ", num_columns, "), }");
  header.resize(kHeaderBytes - 1, ' ');
  header += '\n';
  return header;
}

}  // namespace

absl::StatusOr<std::unique_ptr<NpyFile>> NpyFile::Create(
    const std::string& path) {
  std::error_code ignored;
  const auto kind = std::filesystem::status(path, ignored).type();
  if (kind != std::filesystem::file_type::regular &&
      kind != std::filesystem::file_type::not_found) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot write ", path,
        ": a .npy file's header is written last, which wants a regular file"));
  }
  auto file = std::unique_ptr<NpyFile>(new NpyFile(path));
  errno = 0;
  file->file_.open(file->partial_path_, std::ios::binary | std::ios::trunc);
  if (!file->file_) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("cannot write ", file->partial_path_));
  }
  PARLEY_RETURN_IF_ERROR(file->WriteHeader());
  return file;
}

NpyFile::NpyFile(const std::string& path)
    : path_(path), partial_path_(path + ".partial") {}

NpyFile::~NpyFile() {
  if (finished_ || !file_.is_open()) return;
  file_.close();
  std::error_code ignored;
  std::filesystem::remove(partial_path_, ignored);
}

absl::Status NpyFile::Append(absl::Span<const float> row) {
  const auto num_columns = static_cast<int64_t>(row.size());
  if (num_rows_ == 0) num_columns_ = num_columns;
  if (num_columns != num_columns_) {
    return absl::InvalidArgumentError(
        absl::StrCat("a vector of ", num_columns, " dimensions after those of ",
                     num_columns_, ": one .npy file holds one width"));
  }
  file_.write(reinterpret_cast<const char*>(row.data()),
              static_cast<std::streamsize>(row.size() * sizeof(float)));
  if (!file_) return CannotWrite();
  ++num_rows_;
  return absl::OkStatus();
}

absl::Status NpyFile::Finish() {
  file_.seekp(0);
  PARLEY_RETURN_IF_ERROR(WriteHeader());
  file_.flush();
  if (!file_) return CannotWrite();
  std::error_code error;
  std::filesystem::rename(partial_path_, path_, error);
  if (error) {
    return absl::DataLossError(absl::StrCat(
        "cannot rename ", partial_path_, " to ", path_, ": ", error.message()));
  }
  finished_ = true;
  file_.close();
  return absl::OkStatus();
}

absl::Status NpyFile::WriteHeader() {
  const std::string header = Header(num_rows_, num_columns_);
  file_.write(header.data(), static_cast<std::streamsize>(header.size()));
  return file_ ? absl::OkStatus() : CannotWrite();
}

absl::Status NpyFile::CannotWrite() const {
  return absl::DataLossError(
      absl::StrCat("cannot write ", partial_path_, ": is the disk full?"));
}

}  // namespace parley::client
