#include "server/startup_report.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/log_event.h"

namespace parley {
namespace {

std::string Count(size_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string Products(const ModelInfo& info) {
  return absl::StrCat(ComputeTypeName(info.compute_type),
                      info.widens_bf16 ? " widened to f32" : "");
}

std::string Describe(const ModelEntry& entry) {
  if (entry.model == nullptr) {
    return absl::StrCat(entry.name, entry.state == ModelState::kFailed
                                        ? " (FAILED)"
                                        : " (loading)");
  }
  const ModelInfo& info = entry.model->info;
  if (info.kind == ModelKind::kEncoder) {
    return absl::StrCat(entry.name, " (encoder, ", info.architecture, ", ",
                        Count(info.encoder.embedding_dim, "dimension"), ", ",
                        Count(info.encoder.max_tokens, "token"), ", ",
                        Products(info), ")");
  }
  std::string text = absl::StrCat(entry.name, " (translation, ");
  if (!info.languages.pairs.empty()) {
    absl::StrAppend(&text, Count(info.languages.pairs.size(), "pair"), ", ");
  } else if (!info.languages.targets.empty()) {
    absl::StrAppend(
        &text, Count(info.languages.targets.size(), "target language"), ", ");
  }
  absl::StrAppend(&text, Products(info), ")");
  return text;
}

}  // namespace

LoadDisplay::LoadDisplay(std::string model_name, const Options& options,
                         std::ostream* out)
    : model_name_(std::move(model_name)), options_(options), out_(out) {}

void LoadDisplay::Update(absl::string_view stage, double done) {
  const int percent =
      static_cast<int>(std::floor(100 * std::clamp(done, 0.0, 1.0)));
  const bool same_stage = stage_ == stage;
  const bool is_redrawn = options_.is_terminal && !options_.is_logged;
  if (same_stage && (percent == percent_ || !is_redrawn)) return;
  stage_ = std::string(stage);
  percent_ = percent;
  if (options_.is_logged) {
    LogEvent(LogSeverity::kInfo, "loading",
             {{"model", model_name_}, {"stage", stage_}});
    return;
  }
  const std::string line =
      absl::StrCat("loading ", model_name_, ": ", stage_, " (", percent_, "%)");
  if (options_.is_terminal) {
    // Back to the line's start, and clear what is right of the new text.
    *out_ << '\r' << line << "\x1b[K" << std::flush;
  } else {
    *out_ << line << std::endl;
  }
}

void LoadDisplay::Finish() {
  if (options_.is_terminal && !options_.is_logged && percent_ >= 0) {
    *out_ << std::endl;
  }
}

std::string ReadyLine(const Addresses& addresses,
                      const std::vector<ModelEntry>& models) {
  const std::string admin =
      addresses.admin.empty() ? "" : absl::StrCat(", admin ", addresses.admin);
  const std::string metrics =
      addresses.metrics.empty() ? ""
                                : absl::StrCat(", metrics ", addresses.metrics);
  if (models.empty()) {
    return absl::StrCat("parley-server ready: grpc ", addresses.grpc, admin,
                        metrics, ", models: none yet");
  }
  return absl::StrCat(
      "parley-server ready: grpc ", addresses.grpc, admin, metrics,
      ", models: ",
      absl::StrJoin(models, ", ",
                    [](std::string* out, const ModelEntry& entry) {
                      out->append(Describe(entry));
                    }));
}

}  // namespace parley
