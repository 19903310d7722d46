#include "client/ranking.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"

namespace parley::client {
namespace {

// Whether `a` stands before `b`. No score is a NaN, which has no order.
bool Before(const RankedLine& a, const RankedLine& b) {
  if (a.score != b.score) {
    return a.score.has_value() && (!b.score.has_value() || *a.score > *b.score);
  }
  return a.number < b.number;
}

}  // namespace

void Ranking::Add(RankedLine line) {
  if (line.score.has_value() && std::isnan(*line.score)) line.score.reset();
  lines_.push_back(std::move(line));
  std::push_heap(lines_.begin(), lines_.end(), Before);
  if (lines_.size() <= limit_) return;
  std::pop_heap(lines_.begin(), lines_.end(), Before);
  lines_.pop_back();
}

std::vector<RankedLine> Ranking::Take() {
  std::sort_heap(lines_.begin(), lines_.end(), Before);
  return std::exchange(lines_, {});
}

std::string FormatScored(float score, absl::string_view text) {
  return absl::StrFormat("%.4f\t%s", score,
                         WithLineBreaks(text, LineBreaks::kToSpaces));
}

void AppendRankFlags(RankOptions* to, std::vector<Flag>* flags) {
  flags->push_back(IntFlag({"top_n", "N", "The best N only (default: all)."},
                           {1, kNoLimit}, &to->limit));
  flags->push_back(OutputFlag(
      "The score, a tab and the text (default), or one line of JSON a text: "
      "its number, the text, score, tokens and status.",
      &to->output));
}

}  // namespace parley::client
