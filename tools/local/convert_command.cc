#include "tools/local/convert_command.h"

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/command_line.h"
#include "tools/local/local_failure.h"
#include "tools/local/model_conversion.h"
#include "tools/local/stage_progress.h"
#include "tools/local/summary_format.h"

namespace parley::tools {
namespace {

constexpr char kHelp[] =
    R"(parley convert: stores a model's weights as int8 or bf16

Usage: parley convert --compute_type=int8|bf16 [FLAGS] IN OUT

Reads the model directory IN, which stays as it is, and writes the directory OUT
that a server loads at once: the weights are rounded and packed already, take a
quarter (int8) or a half (bf16) of the memory of f32, and are mapped from the
file rather than copied. Answers are the same, to the bit, as those of IN served
with the same --compute_type. Checksums guard the weights; loading compares
them.

OUT is there whole or not at all: it is written beside its place, loaded once to
be sure, and then moved there.

Examples:
  parley convert models/demo /tmp/demo-int8 --compute_type=int8
  parley inspect /tmp/demo-int8
  parley convert --compute_type=bf16 --force IN OUT

Flags:
)";

// Stands for no choice.
constexpr int kNoType = -1;

std::vector<client::Flag> MakeFlags(int* compute_type, bool* replaces) {
  return {
      client::ChoiceFlag(
          {"compute_type", "int8|bf16",
           "int8: weights in 8 bits for each output, any processor. bf16: more "
           "exact, twice as large, for processors with AVX2 and newer. "
           "Required."},
          {{"int8", static_cast<int>(ComputeType::kInt8)},
           {"bf16", static_cast<int>(ComputeType::kBF16)}},
          compute_type),
      client::SwitchFlag(
          {"force", "",
           "Replace OUT where it is a model directory, and delete what an "
           "interrupted conversion left beside it."},
          replaces)};
}

void PrintReport(const ConversionOptions& options,
                 const ConversionReport& report, absl::Duration elapsed,
                 std::ostream& out) {
  constexpr int64_t kF32Bytes = 4;
  const int64_t full_bytes = report.num_parameters * kF32Bytes;
  const double share = static_cast<double>(report.weight_bytes) /
                       static_cast<double>(full_bytes);
  out << absl::StrFormat(
      "%s: %s in %.1f s\n"
      "  weights   %s of %s -> %s (%.0f%% of the %s that f32 takes)\n"
      "  all files %s\n",
      options.output, ComputeTypeName(options.compute_type),
      absl::ToDoubleSeconds(elapsed), BytesText(report.weight_bytes_before),
      report.precision_before, BytesText(report.weight_bytes), 100 * share,
      BytesText(full_bytes), BytesText(report.directory_bytes));
  if (!report.left_out.empty()) {
    out << "  left out  " << absl::StrJoin(report.left_out, ", ") << "\n";
  }
  out << std::flush;
}

}  // namespace

int RunConvert(const client::CommandContext& context,
               absl::Span<const std::string> args) {
  int compute_type = kNoType;
  bool replaces = false;
  const std::vector<client::Flag> flags = MakeFlags(&compute_type, &replaces);
  if (client::AsksForHelp(args)) {
    context.out << kHelp << client::DescribeFlags(flags);
    return client::kExitOk;
  }
  absl::StatusOr<std::vector<std::string>> paths =
      client::ParseFlags(flags, args);
  if (!paths.ok()) {
    return client::ReportUsage(context, "convert", paths.status().message());
  }
  if (paths->size() != 2 || (*paths)[0].empty() || (*paths)[1].empty()) {
    return client::ReportUsage(context, "convert",
                               "wants two directories: IN and OUT");
  }
  if (compute_type == kNoType) {
    return client::ReportUsage(context, "convert",
                               "wants --compute_type=int8 or bf16");
  }
  const ConversionOptions options = {
      .input = std::move((*paths)[0]),
      .output = std::move((*paths)[1]),
      .compute_type = static_cast<ComputeType>(compute_type),
      .existing = replaces ? Existing::kReplace : Existing::kRefuse};
  const absl::Time start = absl::Now();
  StageProgress progress(context.error_is_terminal ? &context.err : nullptr);
  const absl::StatusOr<ConversionReport> report =
      ConvertModel(options, [&](absl::string_view stage, double done) {
        progress.Show(stage, done);
      });
  progress.Clear();
  if (!report.ok()) return ReportLocalFailure(context, report.status());
  PrintReport(options, *report, absl::Now() - start, context.out);
  return client::kExitOk;
}

}  // namespace parley::tools
