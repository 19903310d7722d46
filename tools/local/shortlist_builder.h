// Learns a model's vocabulary shortlist from translated texts.
#ifndef PARLEY_TOOLS_LOCAL_SHORTLIST_BUILDER_H_
#define PARLEY_TOOLS_LOCAL_SHORTLIST_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/api/model.h"
#include "tools/local/aligned_lines.h"

namespace parley::tools {

struct ShortlistBuild {
  std::string directory;  // Of a MarianMT model.
  AlignedLines::Paths texts;
  std::string target_language;  // Whose token goes before source lines, or "".
  int best = 100;
  int num_iterations = 5;
  std::string output;
};

// What became of it.
struct ShortlistReport {
  int64_t num_lines = 0;
  int64_t num_skipped = 0;  // Empty or too long on one side.
  size_t num_translations = 0;
  // Lines that were not learned from but tried, with 100 frequent tokens: the
  // part of their target tokens that is in the list of their source, and how
  // long these lists are. 0 lines where the texts are too short for any.
  int num_tried = 0;
  double covered = 0;
  double mean_listed = 0;
  int vocab_size = 0;  // Of the target side.
};

// Writes the table to `output`. Errors name the file at fault, and the line
// where there is one.
absl::StatusOr<ShortlistReport> BuildShortlist(const ShortlistBuild& build,
                                               const LoadProgress& progress);

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_SHORTLIST_BUILDER_H_
