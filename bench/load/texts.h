// The texts that a load is made of.
#ifndef PARLEY_BENCH_LOAD_TEXTS_H_
#define PARLEY_BENCH_LOAD_TEXTS_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace parley::load {

// Latencies are told apart by it.
enum class TextKind {
  kShort,      // A line of few words.
  kLine,       // Any other line.
  kParagraph,  // Several lines, as sentences.
  kWords,      // Words of the lines, in no order.
};
inline constexpr int kNumTextKinds = 4;

absl::string_view TextKindName(TextKind kind);

struct TextOptions {
  // Part of the texts that are paragraphs, 0 to 1; of so many lines each.
  double paragraph_share = 0;
  int min_lines = 3;
  int max_lines = 6;
  // Lines of so many words at most count as short.
  int max_short_words = 9;
  // Above 0: all texts are words, so many of them.
  int min_words = 1;
  int max_words = 0;
  uint64_t seed = 1;
};

struct DrawnText {
  std::string text;
  TextKind kind = TextKind::kLine;
};

// Draws texts from lines. Each line comes once before any comes again, in an
// order of its own each time, so that a long load is made of exactly the
// lines. One thread at a time.
class TextSource {
 public:
  // REQUIRES: `lines` hold a word at least.
  TextSource(std::vector<std::string> lines, const TextOptions& options);

  DrawnText Draw();

 private:
  const std::string& NextLine();
  DrawnText DrawParagraph();
  DrawnText DrawWords();
  // From `min` to `max`.
  int DrawCount(int min, int max);

  const TextOptions options_;
  std::vector<std::string> lines_;
  std::vector<std::string> words_;  // Of all lines.
  size_t next_line_ = 0;
  std::mt19937_64 generator_;
};

}  // namespace parley::load

#endif  // PARLEY_BENCH_LOAD_TEXTS_H_
