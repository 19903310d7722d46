// One line on a terminal that says what a command is at.
#ifndef PARLEY_TOOLS_LOCAL_STAGE_PROGRESS_H_
#define PARLEY_TOOLS_LOCAL_STAGE_PROGRESS_H_

#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace parley::tools {

// E.g. "packing weights  [============>           ]  50%"; `done` is 0 to 1.
std::string RenderStage(absl::string_view stage, double done);

// Draws over its own last line, ten times a second at most. One thread at a
// time.
class StageProgress {
 public:
  // `terminal` is not owned; null draws nothing.
  explicit StageProgress(std::ostream* terminal);
  // Leaves the terminal's line empty.
  ~StageProgress();
  StageProgress(const StageProgress&) = delete;
  StageProgress& operator=(const StageProgress&) = delete;

  void Show(absl::string_view stage, double done);
  // Takes the line away, to print something else.
  void Clear();

 private:
  std::ostream* const terminal_;
  absl::Time next_draw_ = absl::InfinitePast();
  bool drawn_ = false;
};

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_STAGE_PROGRESS_H_
