#include "client/text_source.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parley::client {
namespace {

constexpr size_t kReadBytes = 64 << 10;

}  // namespace

ListSource::ListSource(std::vector<std::string> texts)
    : texts_(std::move(texts)) {}

absl::StatusOr<TextSource::Next> ListSource::Read(std::string* text) {
  if (next_ == texts_.size()) return Next::kEnd;
  *text = std::move(texts_[next_++]);
  return Next::kText;
}

LineSource::LineSource(int fd, size_t max_line_bytes)
    : fd_(fd), max_line_bytes_(max_line_bytes) {}

absl::StatusOr<TextSource::Next> LineSource::Read(std::string* text) {
  for (;;) {
    const size_t end = buffer_.find('\n', begin_ + scanned_);
    if (end != std::string::npos && end - begin_ <= max_line_bytes_) {
      Take(end - begin_, /*end_bytes=*/1, text);
      return Next::kText;
    }
    scanned_ = buffer_.size() - begin_;
    if (scanned_ > max_line_bytes_) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", num_lines_ + 1, " is longer than ",
                       max_line_bytes_, " bytes"));
    }
    if (at_end_) {
      if (scanned_ == 0) return Next::kEnd;
      Take(scanned_, /*end_bytes=*/0, text);
      return Next::kText;
    }
    PARLEY_ASSIGN_OR_RETURN(const bool filled, Fill());
    if (!filled) return Next::kWait;
  }
}

void LineSource::Take(size_t size_bytes, size_t end_bytes, std::string* text) {
  text->assign(buffer_, begin_, size_bytes);
  if (!text->empty() && text->back() == '\r') text->pop_back();
  begin_ += size_bytes + end_bytes;
  scanned_ = 0;
  ++num_lines_;
}

absl::StatusOr<bool> LineSource::Fill() {
  pollfd readable = {.fd = fd_, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&readable, 1, /*timeout=*/0);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return false;
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t size = buffer_.size();
  buffer_.resize(size + kReadBytes);
  ssize_t num_read;
  do {
    num_read = ::read(fd_, buffer_.data() + size, kReadBytes);
  } while (num_read < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(size + (num_read > 0 ? num_read : 0));
  if (num_read < 0) {
    if (error == EAGAIN || error == EWOULDBLOCK) return false;
    return absl::ErrnoToStatus(error, "cannot read the input");
  }
  if (num_read == 0) at_end_ = true;
  return true;
}

}  // namespace parley::client
