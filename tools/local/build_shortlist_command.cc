#include "tools/local/build_shortlist_command.h"

#include <filesystem>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "client/command_line.h"
#include "tools/local/local_failure.h"
#include "tools/local/shortlist_builder.h"
#include "tools/local/stage_progress.h"

namespace parley::tools {
namespace {

constexpr char kHelp[] =
    R"(parley build-shortlist: learns which target tokens a text is likely to need

Usage: parley build-shortlist [FLAGS] DIR SOURCE TARGET

A model spends much of its time on target tokens that cannot come out. With a
shortlist it looks only at the likely translations of the tokens that a text
has, and at the most frequent tokens, which is faster at a small risk to
quality.

DIR is the directory of a translation model, whose tokenizer is used. SOURCE and
TARGET are texts that translate each other line by line, of the kind that the
model will be given, the more the better: ten thousand lines are few, a million
are plenty. Best are the model's own translations of real source texts, because
its words are the ones that are to be found again.

Where a model has several target languages, --target names the one of these
texts. For several, put them into one pair of files, each source line with its
own token in front:
  sed "s/^/>>de<< /" captions.en > all.source; cp captions.de all.target
  sed "s/^/>>fr<< /" captions.en >> all.source; cat captions.fr >> all.target

Every 50th line is not learned from but tried in the end: how many of its target
tokens its list has. Then, in DIR/parley.json, turn the shortlist on:
  "shortlist": {"file": "shortlist.bin", "frequent": 100, "best": 100}

Examples:
  parley build-shortlist models/opus-en-de corpus.en corpus.de
  parley build-shortlist --target=de models/demo captions.en captions.de
  parley build-shortlist --best=50 --output=small.bin models/opus-en-de \
      corpus.en corpus.de

Flags:
)";

std::vector<client::Flag> Flags(ShortlistBuild* build) {
  return {
      client::StringFlag({"output", "FILE",
                          "The file to write (default shortlist.bin in DIR)."},
                         &build->output),
      client::TextFlag({"target", "LANGUAGE",
                        "The language of TARGET, for models with several: de. "
                        "Its token goes in front of each source line."},
                       &build->target_language),
      client::IntFlag({"best", "N",
                       "Translations of each source token that are kept at "
                       "most (default 100); parley.json may take fewer."},
                      {1, 100'000}, &build->best),
      client::IntFlag({"iterations", "N",
                       "Rounds of learning (default 5); more hardly help."},
                      {1, 1000}, &build->num_iterations),
  };
}

void PrintReport(const ShortlistBuild& build, const ShortlistReport& report,
                 std::ostream& out) {
  out << absl::StrFormat("wrote %s: %d translations from %d lines\n",
                         build.output, report.num_translations,
                         report.num_lines);
  if (report.num_skipped > 0) {
    out << absl::StrFormat(
        "passed over %d lines, which are empty or very long on a side\n",
        report.num_skipped);
  }
  if (report.num_tried == 0) return;
  out << absl::StrFormat(
      "tried on %d lines kept aside: %.2f %% of their target tokens are in "
      "their lists, which have %.0f of %d tokens on average\n",
      report.num_tried, 100 * report.covered, report.mean_listed,
      report.vocab_size);
}

}  // namespace

int RunBuildShortlist(const client::CommandContext& context,
                      absl::Span<const std::string> args) {
  ShortlistBuild build;
  const std::vector<client::Flag> flags = Flags(&build);
  if (client::AsksForHelp(args)) {
    context.out << kHelp << client::DescribeFlags(flags);
    return client::kExitOk;
  }
  const absl::StatusOr<std::vector<std::string>> paths =
      client::ParseFlags(flags, args);
  if (!paths.ok()) {
    return client::ReportUsage(context, "build-shortlist",
                               paths.status().message());
  }
  if (paths->size() != 3) {
    return client::ReportUsage(
        context, "build-shortlist",
        "wants a model's directory and two files of texts");
  }
  build.directory = (*paths)[0];
  build.texts = {.source = (*paths)[1], .target = (*paths)[2]};
  if (build.output.empty()) {
    build.output =
        (std::filesystem::path(build.directory) / "shortlist.bin").string();
  }
  StageProgress progress(context.error_is_terminal ? &context.err : nullptr);
  const absl::StatusOr<ShortlistReport> report =
      BuildShortlist(build, [&](absl::string_view stage, double done) {
        progress.Show(stage, done);
      });
  progress.Clear();
  if (!report.ok()) return ReportLocalFailure(context, report.status());
  PrintReport(build, *report, context.out);
  context.out << std::flush;
  return client::kExitOk;
}

}  // namespace parley::tools
