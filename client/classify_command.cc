#include "client/classify_command.h"

#include <optional>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "client/client.h"
#include "client/command_line.h"
#include "client/encoder_flags.h"
#include "client/line_session.h"

namespace parley::client {
namespace {

using ::parley::v1::ClassifyRequest;
using ::parley::v1::ClassifyResponse;
using ::parley::v1::ClassifyResult;

constexpr char kHelp[] =
    R"(parley classify: labels texts, or pairs of texts

Usage: parley classify [FLAGS] [TEXT...]

Each TEXT is classified; without any, each line of --input, or of standard
input where that is not a terminal. Labels come out best first with their
scores, those of a text on one line with tabs between. A text that fails keeps
its place as an empty line, its number and reason go to standard error, and the
exit code is 1.

Examples:
  parley classify "What a beautiful day."
  parley classify --top_k=1 --input=letters.txt --output_file=labels.txt
  printf 'It rains.\tIt is dry.\n' | parley classify --pairs
  parley classify --output=json < letters.txt

Flags:
)";

struct ClassifyFlags {
  LineFlags lines;
  std::string model;
  int output = static_cast<int>(OutputFormat::kText);
  bool pairs = false;
  std::optional<int32_t> top_k;
  int score_function = parley::v1::SCORE_FUNCTION_UNSPECIFIED;
  TokenLimitFlags limits;
};

absl::Status AddPair(const std::string& text, ClassifyRequest* request) {
  const std::vector<std::string> sides = absl::StrSplit(text, '\t');
  if (sides.size() != 2) {
    return absl::InvalidArgumentError(
        "a pair is two texts with one tab between");
  }
  parley::v1::TextPair* pair = request->add_pairs();
  pair->set_first(sides[0]);
  pair->set_second(sides[1]);
  return absl::OkStatus();
}

absl::Status Classify(const ClassifyFlags& flags, LineSession& session) {
  PARLEY_RETURN_IF_ERROR(session.OpenOutput());
  LineMethod<ClassifyRequest, ClassifyResponse> method = {
      .start = &Client::ClassifyAsync, .request = {}};
  if (flags.pairs) method.add = &AddPair;
  method.request.set_model(flags.model);
  if (flags.top_k) method.request.set_top_k(*flags.top_k);
  method.request.set_score_function(
      static_cast<parley::v1::ScoreFunction>(flags.score_function));
  *method.request.mutable_limits() = flags.limits.ToLimits();
  return session.Call(method, [&](const AnsweredText<ClassifyResult>& text) {
    return session.WriteLine(flags.output ==
                                     static_cast<int>(OutputFormat::kJson)
                                 ? FormatJson(text)
                                 : FormatLabels(text.result));
  });
}

std::vector<Flag> MakeFlags(ClassifyFlags* to) {
  std::vector<Flag> flags = {
      SwitchFlag(
          {"pairs", "", "Each text is a pair: two texts with a tab between."},
          &to->pairs),
      ModelFlag(&to->model),
      OptionalIntFlag({"top_k", "N", "The best N labels only (default: all)."},
                      &to->top_k),
      LabelScoreFlag(&to->score_function),
      OutputFlag("Labels and scores (default), or one line of JSON a text: its "
                 "number, the text, labels, tokens and status.",
                 &to->output)};
  AppendTokenLimitFlags(&to->limits, &flags);
  flags.push_back(PairTruncationFlag(&to->limits));
  return flags;
}

}  // namespace

int RunClassify(const CommandContext& context,
                absl::Span<const std::string> args) {
  ClassifyFlags values = {.lines = LineFlags(context)};
  return RunLineCommand(context, args,
                        {.name = "classify",
                         .help = kHelp,
                         .flags = MakeFlags(&values),
                         .lines = &values.lines,
                         .run = [&values](LineSession& session) {
                           return Classify(values, session);
                         }});
}

}  // namespace parley::client
