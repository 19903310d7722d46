#include "client/similarity_command.h"

#include <optional>
#include <utility>
#include <vector>

#include "client/client.h"
#include "client/command_line.h"
#include "client/encoder_flags.h"
#include "client/line_session.h"
#include "client/ranking.h"

namespace parley::client {
namespace {

using ::parley::v1::SimilarityRequest;
using ::parley::v1::SimilarityResponse;
using ::parley::v1::SimilarityResult;

constexpr char kHelp[] =
    R"(parley similarity: orders texts by how like another they are

Usage: parley similarity --text=TEXT [FLAGS] [OTHER...]

The vector of each OTHER is compared with that of --text, by the model's own
measure, as a rule the cosine: 1 is the same, 0 nothing in common. Without any
OTHER, each line of --input is compared, or of standard input where that is not
a terminal. The most alike come first. One that fails is left out (as JSON:
comes last), its number and reason go to standard error, and the exit code is 1.

Examples:
  parley similarity --text="A dog runs." "A hound is running." "Tax law."
  parley similarity --text="late delivery" --input=letters.txt --top_n=10
  parley similarity --text="A dog runs." --output=json < captions.txt

Flags:
)";

struct SimilarityFlags {
  LineFlags lines;
  std::string model;
  std::optional<std::string> text;
  RankOptions rank;
  EmbedFlags embed;
};

absl::Status AddOther(const std::string& text, SimilarityRequest* request) {
  request->add_others(text);
  return absl::OkStatus();
}

absl::Status Compare(const SimilarityFlags& flags, LineSession& session) {
  LineMethod<SimilarityRequest, SimilarityResponse> method = {
      .start = &Client::SimilarityAsync, .request = {}, .add = &AddOther};
  method.request.set_model(flags.model);
  method.request.set_text(*flags.text);
  *method.request.mutable_options() = flags.embed.ToOptions();
  return WriteRanking(session, flags.rank, method,
                      [](const SimilarityResult& result) { return result; });
}

}  // namespace

int RunSimilarity(const CommandContext& context,
                  absl::Span<const std::string> args) {
  SimilarityFlags values = {.lines = LineFlags(context)};
  values.lines.prints_at_end = true;
  std::vector<Flag> flags = {
      OptionalTextFlag({"text", "TEXT", "What the others are compared with."},
                       &values.text),
      ModelFlag(&values.model)};
  AppendRankFlags(&values.rank, &flags);
  AppendEmbedFlags(&values.embed, &flags);
  return RunLineCommand(
      context, args,
      {.name = "similarity",
       .help = kHelp,
       .flags = std::move(flags),
       .lines = &values.lines,
       .problem =
           [&values] {
             return values.text.has_value() ? values.embed.Problem()
                                            : "wants --text=TEXT";
           },
       .run = [&values](
                  LineSession& session) { return Compare(values, session); }});
}

}  // namespace parley::client
