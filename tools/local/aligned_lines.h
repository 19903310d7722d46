// Two texts that belong together line by line.
#ifndef PARLEY_TOOLS_LOCAL_ALIGNED_LINES_H_
#define PARLEY_TOOLS_LOCAL_ALIGNED_LINES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace parley::tools {

// Reads a pair of lines after the other, in memory for these alone. One thread.
class AlignedLines {
 public:
  struct Paths {
    std::string source;
    std::string target;
  };

  // Errors name the file that cannot be opened.
  static absl::StatusOr<std::unique_ptr<AlignedLines>> Open(const Paths& paths);
  virtual ~AlignedLines() = default;

  // False at the end of both. Errors name the file: INVALID_ARGUMENT where it
  // has fewer lines than the other, or a line of more than 1 MB.
  virtual absl::StatusOr<bool> Next(std::string* source,
                                    std::string* target) = 0;

  virtual int64_t num_lines() const = 0;  // Pairs read.
  // The part of the source file that was read, 0 to 1; 0 of a pipe.
  virtual double done() const = 0;
};

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_ALIGNED_LINES_H_
