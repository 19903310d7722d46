#include "tools/local/inspect_command.h"

#include <vector>

#include "absl/status/statusor.h"
#include "client/command_line.h"
#include "tools/local/local_failure.h"
#include "tools/local/model_summary.h"
#include "tools/local/stage_progress.h"
#include "tools/local/summary_format.h"

namespace parley::tools {
namespace {

using ::parley::client::OutputFormat;

constexpr char kHelp[] =
    R"(parley inspect: tells what a model directory holds

Usage: parley inspect [FLAGS] DIR

Shows what the model is and does, the languages and heads that it has, in what
precision its weights are stored, and how large all is. DIR is a directory as a
hub gives it, or one that `parley convert` wrote. The model is loaded to be sure
that a server can load it, too; where it cannot be, the file at fault and what
was expected there are printed, and the exit code is 1.

Examples:
  parley inspect models/demo
  parley inspect --tensors models/demo
  parley inspect --output=json models/demo | jq .num_parameters

Flags:
)";

}  // namespace

int RunInspect(const client::CommandContext& context,
               absl::Span<const std::string> args) {
  int output = static_cast<int>(OutputFormat::kText);
  bool shows_tensors = false;
  const std::vector<client::Flag> flags = {
      client::SwitchFlag({"tensors", "",
                          "Also list each tensor: name, type, bytes and "
                          "shape."},
                         &shows_tensors),
      client::OutputFlag(
          "Lines for people (default), or one line of JSON with sizes in "
          "bytes.",
          &output)};
  if (client::AsksForHelp(args)) {
    context.out << kHelp << client::DescribeFlags(flags);
    return client::kExitOk;
  }
  const absl::StatusOr<std::vector<std::string>> paths =
      client::ParseFlags(flags, args);
  if (!paths.ok()) {
    return client::ReportUsage(context, "inspect", paths.status().message());
  }
  if (paths->size() != 1) {
    return client::ReportUsage(context, "inspect", "wants one directory");
  }
  StageProgress progress(context.error_is_terminal ? &context.err : nullptr);
  const absl::StatusOr<ModelSummary> summary =
      SummarizeModel(paths->front(), [&](absl::string_view stage, double done) {
        progress.Show(stage, done);
      });
  progress.Clear();
  if (!summary.ok()) return ReportLocalFailure(context, summary.status());
  const TensorList tensors =
      shows_tensors ? TensorList::kAll : TensorList::kNone;
  if (output == static_cast<int>(OutputFormat::kJson)) {
    context.out << SummaryToJson(*summary, tensors) << "\n";
  } else {
    PrintSummary(*summary, tensors, context.out);
  }
  context.out << std::flush;
  return client::kExitOk;
}

}  // namespace parley::tools
