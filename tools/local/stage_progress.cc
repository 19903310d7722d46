#include "tools/local/stage_progress.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace parley::tools {
namespace {

constexpr int kBarWidth = 24;
constexpr absl::Duration kDrawInterval = absl::Milliseconds(100);
constexpr char kEraseLine[] = "\r\x1b[K";

}  // namespace

std::string RenderStage(absl::string_view stage, double done) {
  const double fraction = std::clamp(done, 0.0, 1.0);
  const int filled = static_cast<int>(fraction * kBarWidth);
  std::string bar(kBarWidth, ' ');
  std::fill_n(bar.begin(), filled, '=');
  if (filled < kBarWidth) bar[filled] = '>';
  return absl::StrFormat("%-22s [%s] %3d%%", stage, bar,
                         static_cast<int>(fraction * 100));
}

StageProgress::StageProgress(std::ostream* terminal) : terminal_(terminal) {}

StageProgress::~StageProgress() { Clear(); }

void StageProgress::Show(absl::string_view stage, double done) {
  if (terminal_ == nullptr) return;
  const absl::Time now = absl::Now();
  if (now < next_draw_) return;
  next_draw_ = now + kDrawInterval;
  *terminal_ << kEraseLine << RenderStage(stage, done) << std::flush;
  drawn_ = true;
}

void StageProgress::Clear() {
  if (!drawn_) return;
  *terminal_ << kEraseLine << std::flush;
  drawn_ = false;
  next_draw_ = absl::InfinitePast();
}

}  // namespace parley::tools
