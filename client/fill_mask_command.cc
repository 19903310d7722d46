#include "client/fill_mask_command.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "client/client.h"
#include "client/command_line.h"
#include "client/encoder_flags.h"
#include "client/line_session.h"

namespace parley::client {
namespace {

using ::parley::v1::FillMaskRequest;
using ::parley::v1::FillMaskResponse;
using ::parley::v1::FillMaskResult;

constexpr char kHelp[] =
    R"(parley fill-mask: the likeliest words for the gaps in texts

Usage: parley fill-mask [FLAGS] [TEXT...]

A gap is the model's mask token: [MASK] for BERT, <mask> for RoBERTa. Each TEXT
is filled; without any, each line of --input, or of standard input where that
is not a terminal. The likeliest tokens come first with their probabilities and
tabs between; of several gaps in one text, " | " stands between. A text that
fails keeps its place as an empty line, its number and reason go to standard
error, and the exit code is 1.

Examples:
  parley fill-mask "Paris is the capital of [MASK]."
  parley fill-mask --top_k=3 "The [MASK] chased the [MASK]."
  parley fill-mask --output=json < cloze.txt

Flags:
)";

struct FillMaskFlags {
  LineFlags lines;
  std::string model;
  int output = static_cast<int>(OutputFormat::kText);
  std::optional<int32_t> top_k;
  TokenLimitFlags limits;
};

absl::Status FillMask(const FillMaskFlags& flags, LineSession& session) {
  PARLEY_RETURN_IF_ERROR(session.OpenOutput());
  LineMethod<FillMaskRequest, FillMaskResponse> method = {
      .start = &Client::FillMaskAsync, .request = {}};
  method.request.set_model(flags.model);
  if (flags.top_k) method.request.set_top_k(*flags.top_k);
  *method.request.mutable_limits() = flags.limits.ToLimits();
  return session.Call(method, [&](const AnsweredText<FillMaskResult>& text) {
    return session.WriteLine(flags.output ==
                                     static_cast<int>(OutputFormat::kJson)
                                 ? FormatJson(text)
                                 : FormatMasks(text.result));
  });
}

}  // namespace

int RunFillMask(const CommandContext& context,
                absl::Span<const std::string> args) {
  FillMaskFlags values = {.lines = LineFlags(context)};
  std::vector<Flag> flags = {
      ModelFlag(&values.model),
      OptionalIntFlag({"top_k", "N", "Tokens for each gap (default 5)."},
                      &values.top_k),
      OutputFlag(
          "Tokens and probabilities (default), or one line of JSON a text: its "
          "number, the text, masks, tokens and status.",
          &values.output)};
  AppendTokenLimitFlags(&values.limits, &flags);
  return RunLineCommand(context, args,
                        {.name = "fill-mask",
                         .help = kHelp,
                         .flags = std::move(flags),
                         .lines = &values.lines,
                         .run = [&values](LineSession& session) {
                           return FillMask(values, session);
                         }});
}

}  // namespace parley::client
