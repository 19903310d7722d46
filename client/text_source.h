// Where the texts of a run come from, one after another.
#ifndef PARLEY_CLIENT_TEXT_SOURCE_H_
#define PARLEY_CLIENT_TEXT_SOURCE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace parley::client {

// One thread at a time.
class TextSource {
 public:
  enum class Next {
    kText,  // A text has been read.
    kWait,  // None is there yet; poll fd() until it is readable.
    kEnd,   // There are no more; so it stays.
  };

  virtual ~TextSource() = default;

  // Never blocks. `text` is written only for kText. After an error the source
  // is of no more use.
  virtual absl::StatusOr<Next> Read(std::string* text) = 0;

  // What to wait for, or -1 where Read never says kWait.
  virtual int fd() const = 0;
};

// Texts that are all at hand, e.g. on the command line.
class ListSource : public TextSource {
 public:
  explicit ListSource(std::vector<std::string> texts);
  absl::StatusOr<Next> Read(std::string* text) override;
  int fd() const override { return -1; }

 private:
  std::vector<std::string> texts_;
  size_t next_ = 0;
};

// One text a line, from a file, pipe or terminal. Lines end with "\n" or
// "\r\n", the last one also with the input; the ends are not part of the text.
// Errors: INVALID_ARGUMENT, with the line's number, for a line over
// `max_line_bytes` (so memory is bounded), else what the system said.
class LineSource : public TextSource {
 public:
  // `fd` stays the caller's and must outlive this.
  LineSource(int fd, size_t max_line_bytes);
  absl::StatusOr<Next> Read(std::string* text) override;
  int fd() const override { return fd_; }

 private:
  // False where reading would block. Sets at_end_ at the end of the input.
  absl::StatusOr<bool> Fill();
  // Moves the first `size_bytes` of what is buffered, then the line's end.
  void Take(size_t size_bytes, size_t end_bytes, std::string* text);

  const int fd_;
  const size_t max_line_bytes_;
  bool at_end_ = false;
  size_t num_lines_ = 0;
  // Bytes read and not yet taken: those of `buffer_` from begin_ on, of which
  // the first scanned_ are known to hold no line's end.
  std::string buffer_;
  size_t begin_ = 0;
  size_t scanned_ = 0;
};

}  // namespace parley::client

#endif  // PARLEY_CLIENT_TEXT_SOURCE_H_
