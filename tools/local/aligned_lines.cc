#include "tools/local/aligned_lines.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/text_source.h"

namespace parley::tools {
namespace {

constexpr size_t kMaxLineBytes = size_t{1} << 20;

// A file that is read line by line, and closed in the end.
class LineFile {
 public:
  static absl::StatusOr<std::unique_ptr<LineFile>> Open(
      const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
    }
    struct stat info = {};
    const bool is_file = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    return std::make_unique<LineFile>(path, fd, is_file ? info.st_size : 0);
  }
  LineFile(const std::string& path, int fd, int64_t size_bytes)
      : path_(path),
        fd_(fd),
        size_bytes_(size_bytes),
        lines_(fd, kMaxLineBytes) {}
  ~LineFile() { ::close(fd_); }
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // False at the end.
  absl::StatusOr<bool> Next(std::string* line);

  const std::string& path() const { return path_; }
  double done() const {
    if (size_bytes_ <= 0) return 0;
    return std::min(1.0, static_cast<double>(read_bytes_) /
                             static_cast<double>(size_bytes_));
  }

 private:
  const std::string path_;
  const int fd_;
  const int64_t size_bytes_;  // 0 where it is not known.
  int64_t read_bytes_ = 0;    // Of lines and their ends.
  client::LineSource lines_;
};

absl::StatusOr<bool> LineFile::Next(std::string* line) {
  for (;;) {
    const auto next = lines_.Read(line);
    if (!next.ok()) {
      return absl::Status(next.status().code(),
                          absl::StrCat(path_, ": ", next.status().message()));
    }
    if (*next == client::TextSource::Next::kEnd) return false;
    if (*next == client::TextSource::Next::kText) {
      read_bytes_ += static_cast<int64_t>(line->size()) + 1;
      return true;
    }
    pollfd wait = {.fd = fd_, .events = POLLIN};
    if (::poll(&wait, 1, /*timeout=*/-1) < 0 && errno != EINTR) {
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path_));
    }
  }
}

class AlignedFiles : public AlignedLines {
 public:
  AlignedFiles(std::unique_ptr<LineFile> source,
               std::unique_ptr<LineFile> target)
      : source_(std::move(source)), target_(std::move(target)) {}

  absl::StatusOr<bool> Next(std::string* source, std::string* target) override {
    PARLEY_ASSIGN_OR_RETURN(const bool has_source, source_->Next(source));
    PARLEY_ASSIGN_OR_RETURN(const bool has_target, target_->Next(target));
    if (has_source && has_target) ++num_lines_;
    if (has_source == has_target) return has_source;
    const LineFile& shorter = has_source ? *target_ : *source_;
    const LineFile& longer = has_source ? *source_ : *target_;
    return absl::InvalidArgumentError(
        absl::StrCat(shorter.path(), " ends after ", num_lines_, " lines, but ",
                     longer.path(),
                     " goes on: line by line, one has to be the translation "
                     "of the other"));
  }

  int64_t num_lines() const override { return num_lines_; }
  double done() const override { return source_->done(); }

 private:
  const std::unique_ptr<LineFile> source_;
  const std::unique_ptr<LineFile> target_;
  int64_t num_lines_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AlignedLines>> AlignedLines::Open(
    const Paths& paths) {
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<LineFile> source,
                          LineFile::Open(paths.source));
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<LineFile> target,
                          LineFile::Open(paths.target));
  return std::make_unique<AlignedFiles>(std::move(source), std::move(target));
}

}  // namespace parley::tools
