// Writes vectors as a NumPy file (.npy, format version 1.0).
#ifndef PARLEY_CLIENT_NPY_FILE_H_
#define PARLEY_CLIENT_NPY_FILE_H_

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace parley::client {

// A matrix of float32, little-endian, in C order: [num_rows, num_columns]. Rows
// go to the disk as they come; how many there were is written into the header
// at the end, so memory does not grow with them.
//
// Until Finish the bytes are in a file called `path` + ".partial": a run that
// broke off never leaves a file that looks whole, and an older file at `path`
// stays. One thread.
class NpyFile {
 public:
  // Errors: what the system says, with the path; FAILED_PRECONDITION where
  // there is something at `path` that is no regular file, as the header could
  // not be written in the end.
  static absl::StatusOr<std::unique_ptr<NpyFile>> Create(
      const std::string& path);
  // Removes what was written, unless it was finished.
  ~NpyFile();
  NpyFile(const NpyFile&) = delete;
  NpyFile& operator=(const NpyFile&) = delete;

  // INVALID_ARGUMENT where the row is not as long as the first, DATA_LOSS where
  // it cannot be written.
  absl::Status Append(absl::Span<const float> row);

  // Completes the file and puts it in its place; nothing may follow. Without
  // any row the shape is (0, 0).
  absl::Status Finish();

 private:
  explicit NpyFile(const std::string& path);
  absl::Status WriteHeader();
  absl::Status CannotWrite() const;

  const std::string path_;
  const std::string partial_path_;
  std::ofstream file_;
  int64_t num_rows_ = 0;
  int64_t num_columns_ = 0;
  bool finished_ = false;
};

}  // namespace parley::client

#endif  // PARLEY_CLIENT_NPY_FILE_H_
