#include "client/embed_command.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/client.h"
#include "client/command_line.h"
#include "client/encoder_flags.h"
#include "client/line_session.h"
#include "client/npy_file.h"
#include "client/vector_format.h"

namespace parley::client {
namespace {

using ::parley::v1::EmbedRequest;
using ::parley::v1::EmbedResponse;
using ::parley::v1::EmbedResult;

constexpr char kHelp[] =
    R"(parley embed: vectors of texts, of a file or of standard input

Usage: parley embed [FLAGS] [TEXT...]

Each TEXT becomes a vector; without any, each line of --input, or of standard
input where that is not a terminal. Vectors come out in the same order.

  --output=text  a look at each: how many dimensions, and the first numbers
  --output=json  a line of JSON each, with all numbers: line, text, model,
                 status, vector, tokens, truncated
  --output=npy   one NumPy file, --output_file: float32 [texts, dimensions]

A text that fails keeps its place as an empty line (as JSON: one with a status
and no vector), its number and reason go to standard error, and the exit code
is 1. A .npy file has no place for it: there the run ends at the first text
that fails, and no file is written.

Examples:
  parley embed "A man is riding a bike."
  parley embed --input=captions.txt --output=npy --output_file=captions.npy
  parley embed --output=json < captions.txt > captions.jsonl
  parley embed --dimensions=128 --prompt="query: " --output=json "red car"

Flags:
)";

enum class EmbedOutput { kText, kJson, kNpy };

struct CommandFlags {
  LineFlags lines;
  std::string model;
  int output = static_cast<int>(EmbedOutput::kText);
  EmbedFlags embed;

  std::string Problem() const {
    if (output == static_cast<int>(EmbedOutput::kNpy) &&
        lines.output_file.empty()) {
      return "--output=npy wants --output_file=FILE";
    }
    return embed.Problem();
  }
};

using Embedded = AnsweredText<EmbedResult>;

LineMethod<EmbedRequest, EmbedResponse> MakeMethod(const CommandFlags& flags) {
  LineMethod<EmbedRequest, EmbedResponse> method = {
      .start = &Client::EmbedAsync, .request = {}};
  method.request.set_model(flags.model);
  *method.request.mutable_options() = flags.embed.ToOptions();
  return method;
}

absl::Status WriteNpy(const CommandFlags& flags, LineSession& session) {
  PARLEY_ASSIGN_OR_RETURN(const std::unique_ptr<NpyFile> file,
                          NpyFile::Create(flags.lines.output_file));
  PARLEY_RETURN_IF_ERROR(
      session.Call(MakeMethod(flags), [&](const Embedded& embedded) {
        const absl::StatusOr<std::vector<float>> vector =
            DecodeVector(embedded.result);
        const absl::Status status =
            vector.ok() ? file->Append(*vector) : vector.status();
        if (status.ok()) return status;
        return absl::Status(
            status.code(),
            absl::StrCat(session.NameOf(embedded.number), ": ",
                         status.message(), "; ", flags.lines.output_file,
                         " is not written (--output=json goes on past texts "
                         "that fail)"));
      }));
  return file->Finish();
}

absl::Status WriteLines(const CommandFlags& flags, LineSession& session) {
  PARLEY_RETURN_IF_ERROR(session.OpenOutput());
  const bool json = flags.output == static_cast<int>(EmbedOutput::kJson);
  return session.Call(MakeMethod(flags), [&](const Embedded& embedded) {
    std::vector<float> vector;
    const bool failed = embedded.result.status().code() != 0;
    if (!failed) {
      PARLEY_ASSIGN_OR_RETURN(vector, DecodeVector(embedded.result));
    }
    if (json) return session.WriteLine(FormatVectorJson(embedded, vector));
    return session.WriteLine(
        failed ? "" : FormatVectorText(embedded.result, vector));
  });
}

}  // namespace

int RunEmbed(const CommandContext& context,
             absl::Span<const std::string> args) {
  CommandFlags values = {.lines = LineFlags(context)};
  std::vector<Flag> flags = {
      ModelFlag(&values.model),
      ChoiceFlag({"output", "text|json|npy",
                  "How vectors are written; see above (default text)."},
                 {{"text", static_cast<int>(EmbedOutput::kText)},
                  {"json", static_cast<int>(EmbedOutput::kJson)},
                  {"npy", static_cast<int>(EmbedOutput::kNpy)}},
                 &values.output)};
  AppendEmbedFlags(&values.embed, &flags);
  return RunLineCommand(
      context, args,
      {.name = "embed",
       .help = kHelp,
       .flags = std::move(flags),
       .lines = &values.lines,
       .problem = [&values] { return values.Problem(); },
       .run =
           [&values](LineSession& session) {
             return values.output == static_cast<int>(EmbedOutput::kNpy)
                        ? WriteNpy(values, session)
                        : WriteLines(values, session);
           }});
}

}  // namespace parley::client
