#include "client/rerank_command.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/client.h"
#include "client/command_line.h"
#include "client/encoder_flags.h"
#include "client/line_session.h"
#include "client/ranking.h"

namespace parley::client {
namespace {

using ::parley::v1::RerankRequest;
using ::parley::v1::RerankResponse;
using ::parley::v1::RerankResult;
using ::parley::v1::SimilarityResult;

constexpr char kHelp[] =
    R"(parley rerank: orders documents by how well they answer a query

Usage: parley rerank --query=TEXT [FLAGS] [DOCUMENT...]

Each DOCUMENT is scored together with the query; without any, each line of
--input, or of standard input where that is not a terminal. The best come
first. One that fails is left out (as JSON: comes last), its number and reason
go to standard error, and the exit code is 1.

Models that can do it are cross-encoders; "parley models" shows them. For
models of vectors there is "parley similarity".

Examples:
  parley rerank --query="Who wrote Faust?" "Goethe did." "A fast car."
  parley rerank --query="fix a flat tyre" --input=manual.txt --top_n=5
  parley rerank --query="opening hours" --output=json < answers.txt

Flags:
)";

struct RerankFlags {
  LineFlags lines;
  std::string model;
  std::optional<std::string> query;
  int score_function = parley::v1::SCORE_FUNCTION_UNSPECIFIED;
  RankOptions rank;
  TokenLimitFlags limits;
};

absl::Status AddDocument(const std::string& text, RerankRequest* request) {
  request->add_documents(text);
  return absl::OkStatus();
}

// The server answers best first; here all calls' answers are put in order
// together.
absl::Status ArrangeByIndex(RerankResponse* response) {
  auto& results = *response->mutable_results();
  std::sort(results.begin(), results.end(),
            [](const RerankResult& a, const RerankResult& b) {
              return a.index() < b.index();
            });
  for (int i = 0; i < results.size(); ++i) {
    if (results[i].index() != i) {
      return absl::InternalError(absl::StrCat(
          "the server's results do not name document ", i, " just once"));
    }
  }
  return absl::OkStatus();
}

// Without the document, which the line of JSON has, and its place in the call.
SimilarityResult WithoutDocument(const RerankResult& result) {
  SimilarityResult scored;
  *scored.mutable_status() = result.status();
  scored.set_score(result.score());
  scored.set_tokens(result.tokens());
  scored.set_truncated(result.truncated());
  return scored;
}

absl::Status Rerank(const RerankFlags& flags, LineSession& session) {
  LineMethod<RerankRequest, RerankResponse> method = {
      .start = &Client::RerankAsync,
      .request = {},
      .add = &AddDocument,
      .arrange = &ArrangeByIndex};
  method.request.set_model(flags.model);
  method.request.set_query(*flags.query);
  method.request.set_score_function(
      static_cast<parley::v1::ScoreFunction>(flags.score_function));
  *method.request.mutable_limits() = flags.limits.ToLimits();
  return WriteRanking(session, flags.rank, method, &WithoutDocument);
}

}  // namespace

int RunRerank(const CommandContext& context,
              absl::Span<const std::string> args) {
  RerankFlags values = {.lines = LineFlags(context)};
  values.lines.prints_at_end = true;
  std::vector<Flag> flags = {
      OptionalTextFlag({"query", "TEXT", "What the documents are to answer."},
                       &values.query),
      ModelFlag(&values.model), ScoreFlag(&values.score_function)};
  AppendRankFlags(&values.rank, &flags);
  AppendTokenLimitFlags(&values.limits, &flags);
  flags.push_back(PairTruncationFlag(&values.limits));
  return RunLineCommand(
      context, args,
      {.name = "rerank",
       .help = kHelp,
       .flags = std::move(flags),
       .lines = &values.lines,
       .problem =
           [&values] {
             return values.query.has_value() ? "" : "wants --query=TEXT";
           },
       .run = [&values](
                  LineSession& session) { return Rerank(values, session); }});
}

}  // namespace parley::client
