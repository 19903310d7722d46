// The best of a stream of scored texts.
#ifndef PARLEY_CLIENT_RANKING_H_
#define PARLEY_CLIENT_RANKING_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "client/command.h"
#include "client/command_line.h"
#include "client/line_session.h"
#include "client/result_format.h"

namespace parley::client {

struct RankedLine {
  // Nothing where the text failed.
  std::optional<float> score;
  int64_t number;
  // As it will be printed.
  std::string line;
};

constexpr int kNoLimit = std::numeric_limits<int>::max();

// Keeps the best `limit` lines. One thread.
class Ranking {
 public:
  explicit Ranking(int limit) : limit_(static_cast<size_t>(limit)) {}

  void Add(RankedLine line);

  // Best first, equal ones in the order of their numbers; those that failed
  // last. Nothing is left.
  std::vector<RankedLine> Take();

 private:
  const size_t limit_;
  // A heap, the worst in front.
  std::vector<RankedLine> lines_;
};

// "0.8342\tA dog runs." for people.
std::string FormatScored(float score, absl::string_view text);

struct RankOptions {
  int output = static_cast<int>(OutputFormat::kText);
  int limit = kNoLimit;
};

// --top_n, --output.
void AppendRankFlags(RankOptions* to, std::vector<Flag>* flags);

// Calls `method`, whose results have a status and a score, and writes all
// texts in the order of their scores: as lines of FormatScored without those
// that failed, or as JSON with them. `to_json` gives the message whose fields
// stand in the latter.
template <typename Request, typename Response, typename ToJson>
absl::Status WriteRanking(LineSession& session, const RankOptions& options,
                          const LineMethod<Request, Response>& method,
                          ToJson to_json) {
  PARLEY_RETURN_IF_ERROR(session.OpenOutput());
  Ranking ranking(options.limit);
  const absl::Status status = session.Call(
      method, [&](const AnsweredText<ResultOf<Response>>& answered) {
        const bool failed = answered.result.status().code() != 0;
        RankedLine ranked = {.number = answered.number};
        if (!failed) ranked.score = answered.result.score();
        if (options.output == static_cast<int>(OutputFormat::kJson)) {
          auto message = to_json(answered.result);
          PARLEY_ASSIGN_OR_RETURN(ranked.line,
                                  FormatJson(AnsweredText<decltype(message)>{
                                      .number = answered.number,
                                      .text = answered.text,
                                      .model = answered.model,
                                      .result = message}));
        } else {
          if (failed) return absl::OkStatus();
          ranked.line = FormatScored(*ranked.score, answered.text);
        }
        ranking.Add(std::move(ranked));
        return absl::OkStatus();
      });
  PARLEY_RETURN_IF_ERROR(status);
  for (const RankedLine& ranked : ranking.Take()) {
    PARLEY_RETURN_IF_ERROR(session.WriteLine(ranked.line));
  }
  return absl::OkStatus();
}

}  // namespace parley::client

#endif  // PARLEY_CLIENT_RANKING_H_
