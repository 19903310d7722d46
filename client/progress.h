// One line on a terminal that says how far a long run has come.
#ifndef PARLEY_CLIENT_PROGRESS_H_
#define PARLEY_CLIENT_PROGRESS_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace parley::client {

struct ProgressState {
  int64_t lines_done = 0;
  // Of the whole work, 0 to 1; nothing where its size is not known.
  std::optional<double> fraction;
  absl::Duration elapsed;
};

// E.g. "[=====>    ]  50%  120 lines  40.0 lines/s  ETA 0:03".
std::string RenderProgress(const ProgressState& state);

// Draws over its own last line, ten times a second at most. One thread.
class ProgressLine {
 public:
  // `terminal` is not owned; null draws nothing. `total` is the size of the
  // work in any unit, if known.
  ProgressLine(std::ostream* terminal, std::optional<int64_t> total);
  // Leaves the terminal's line empty.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // One more line is done, which is `size` of the total.
  void Advance(int64_t size);
  // Takes the line away, e.g. to print something else; the next draws it again.
  void Clear();

 private:
  std::ostream* const terminal_;
  const std::optional<int64_t> total_;
  const absl::Time start_;
  int64_t lines_done_ = 0;
  int64_t size_done_ = 0;
  absl::Time next_draw_;
  bool drawn_ = false;
};

}  // namespace parley::client

#endif  // PARLEY_CLIENT_PROGRESS_H_
