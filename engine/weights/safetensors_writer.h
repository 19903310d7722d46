// Writes safetensors files.
#ifndef PARLEY_ENGINE_WEIGHTS_SAFETENSORS_WRITER_H_
#define PARLEY_ENGINE_WEIGHTS_SAFETENSORS_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/tensor/dtype.h"
#include "engine/tensor/tensor.h"
#include "engine/weights/sha256.h"

namespace parley {

struct PlannedTensor {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
};

struct SafetensorsPlan {
  // In the order of their bytes. The first begins at a multiple of 64 bytes,
  // the others without a hole, as the format demands: so tensors whose sizes
  // are such multiples come first to begin at them.
  std::vector<PlannedTensor> tensors;
  std::map<std::string, std::string> metadata;
  // Where not empty, metadata also gets the SHA-256 of each tensor's bytes,
  // under this and its name.
  std::string digest_prefix;
};

// One file, from its plan to its last byte; what is written is not kept in
// memory. Goes to "<path>.partial", which takes the place of `path` when all is
// there and is deleted where it does not come to that. One thread.
class SafetensorsWriter {
 public:
  // INVALID_ARGUMENT where a name is not UTF-8, is __metadata__ or comes twice,
  // or where a size overflows; what the system said where the file cannot be
  // made.
  static absl::StatusOr<std::unique_ptr<SafetensorsWriter>> Create(
      const std::string& path, SafetensorsPlan plan);
  ~SafetensorsWriter();
  SafetensorsWriter(const SafetensorsWriter&) = delete;
  SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;

  // The next bytes, all or some, of the tensor `name`. FAILED_PRECONDITION
  // where it is another's turn, or these are more than it has.
  absl::Status Write(absl::string_view name, absl::Span<const std::byte> bytes);

  // Puts the file in its place; nothing may follow. FAILED_PRECONDITION where
  // bytes are missing.
  absl::Status Finish();

  // Of the whole file.
  int64_t num_bytes() const { return num_bytes_; }

 private:
  SafetensorsWriter(std::string path, SafetensorsPlan plan);

  absl::Status Plan();
  absl::Status Open();
  std::string Header() const;
  absl::Status Append(absl::Span<const std::byte> bytes);
  void SkipToUnfinished();
  absl::Status SystemError(absl::string_view doing) const;

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  const std::string path_;
  const std::string partial_path_;
  const SafetensorsPlan plan_;
  std::vector<int64_t> sizes_;        // Bytes of each tensor.
  std::vector<std::string> digests_;  // Of each; zeros until it is known.
  size_t header_bytes_ = 0;
  int64_t num_bytes_ = 0;
  std::unique_ptr<std::FILE, Close> file_;
  bool is_partial_there_ = false;
  size_t current_ = 0;         // The tensor whose turn it is.
  int64_t current_bytes_ = 0;  // How many of it are written.
  Sha256 digest_;              // Of these.
};

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_SAFETENSORS_WRITER_H_
