#include "client/progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace parley::client {
namespace {

constexpr int kBarWidth = 24;
constexpr absl::Duration kDrawInterval = absl::Milliseconds(100);
constexpr char kEraseLine[] = "\r\x1b[K";

std::string Bar(double fraction) {
  const int filled = static_cast<int>(fraction * kBarWidth);
  std::string bar(kBarWidth, ' ');
  std::fill_n(bar.begin(), filled, '=');
  if (filled < kBarWidth) bar[filled] = '>';
  return absl::StrFormat("[%s] %3d%%  ", bar, static_cast<int>(fraction * 100));
}

std::string Clock(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration);
  if (seconds >= 3600) {
    return absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60,
                           seconds % 60);
  }
  return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
}

}  // namespace

std::string RenderProgress(const ProgressState& state) {
  std::string text;
  if (state.fraction.has_value()) {
    text = Bar(std::clamp(*state.fraction, 0.0, 1.0));
  }
  absl::StrAppend(&text, state.lines_done,
                  state.lines_done == 1 ? " line" : " lines");
  const double seconds = absl::ToDoubleSeconds(state.elapsed);
  if (seconds > 0) {
    absl::StrAppendFormat(&text, "  %.1f lines/s",
                          static_cast<double>(state.lines_done) / seconds);
  }
  if (state.fraction.has_value() && *state.fraction > 0) {
    const double left = std::max(0.0, 1.0 / *state.fraction - 1.0);
    absl::StrAppend(&text, "  ETA ", Clock(state.elapsed * left));
  }
  return text;
}

ProgressLine::ProgressLine(std::ostream* terminal, std::optional<int64_t> total)
    : terminal_(terminal),
      total_(total),
      start_(absl::Now()),
      next_draw_(start_) {}

ProgressLine::~ProgressLine() { Clear(); }

void ProgressLine::Advance(int64_t size) {
  ++lines_done_;
  size_done_ += size;
  if (terminal_ == nullptr) return;
  const absl::Time now = absl::Now();
  if (now < next_draw_) return;
  next_draw_ = now + kDrawInterval;
  ProgressState state = {.lines_done = lines_done_, .elapsed = now - start_};
  if (total_.has_value() && *total_ > 0) {
    state.fraction =
        static_cast<double>(size_done_) / static_cast<double>(*total_);
  }
  *terminal_ << kEraseLine << RenderProgress(state) << std::flush;
  drawn_ = true;
}

void ProgressLine::Clear() {
  if (!drawn_) return;
  *terminal_ << kEraseLine << std::flush;
  drawn_ = false;
  next_draw_ = absl::InfinitePast();
}

}  // namespace parley::client
