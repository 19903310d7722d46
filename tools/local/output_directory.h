// A directory that is there whole or not at all.
#ifndef PARLEY_TOOLS_LOCAL_OUTPUT_DIRECTORY_H_
#define PARLEY_TOOLS_LOCAL_OUTPUT_DIRECTORY_H_

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parley::tools {

// What to do where the output is there already.
enum class Existing { kRefuse, kReplace };

// A model directory while it is written: a hidden folder ".<name>.partial"
// beside its place, which no server takes for a model, moved there at the end.
// Deleted where it does not come to that. One thread.
class OutputDirectory {
 public:
  // `input` is what the output is made from, which must be another directory,
  // neither around it nor in it: else INVALID_ARGUMENT. ALREADY_EXISTS where
  // there is something at `path`, but for an empty folder, or a partial one of
  // another run; kReplace allows both, but only replaces what looks like a
  // model, and refuses others with FAILED_PRECONDITION.
  static absl::StatusOr<std::unique_ptr<OutputDirectory>> Create(
      const std::string& path, const std::string& input, Existing existing);
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  // Where to write.
  const std::filesystem::path& partial_path() const { return partial_; }

  // Puts it in its place; what stood there is deleted after. On an error that
  // stays as it was.
  absl::Status Commit();

 private:
  explicit OutputDirectory(const std::filesystem::path& path);

  const std::filesystem::path path_;
  const std::filesystem::path partial_;
  const std::filesystem::path old_;  // Where a replaced one waits.
  bool is_partial_ours_ = false;
};

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_OUTPUT_DIRECTORY_H_
