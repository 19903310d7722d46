// A file mapped read-only into memory.
#ifndef PARLEY_BASE_MAPPED_FILE_H_
#define PARLEY_BASE_MAPPED_FILE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace parley {

// Holds the mapping for as long as it lives; its bytes may be read from any
// thread. The bytes are the file's own: whoever shortens the file while it is
// mapped makes reading them fatal, so model files are replaced, not rewritten.
class MappedFile {
 public:
  // NOT_FOUND where there is no such file, INVALID_ARGUMENT where it is not a
  // regular file, else what the system said; each names the path.
  static absl::StatusOr<std::unique_ptr<MappedFile>> Open(
      const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  absl::Span<const std::byte> bytes() const { return {data_, size_bytes_}; }
  const std::string& path() const { return path_; }

 private:
  MappedFile(std::string path, const std::byte* data, size_t size_bytes);

  const std::string path_;
  const std::byte* const data_;
  const size_t size_bytes_;
};

}  // namespace parley

#endif  // PARLEY_BASE_MAPPED_FILE_H_
