// What the subcommands over texts share: where texts come from and results go,
// progress, the report of texts that fail, and the exit code.
#ifndef PARLEY_CLIENT_LINE_SESSION_H_
#define PARLEY_CLIENT_LINE_SESSION_H_

#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/command.h"
#include "client/command_line.h"
#include "client/line_calls.h"
#include "client/progress.h"
#include "client/result_format.h"
#include "client/status_conversion.h"
#include "client/text_source.h"

namespace parley::client {

struct LineFlags {
  ConnectionFlags connection;
  std::string input, output_file;
  int batch_size = 32;
  int in_flight = 8;
  // Not a flag: nothing is printed until all is done, so that a terminal is
  // free for the progress.
  bool prints_at_end = false;

  explicit LineFlags(const CommandContext& context)
      : connection{.server = context.server, .timeout = absl::Minutes(2)} {}
};

// One run of such a subcommand. One thread.
class LineSession {
 public:
  // Both must outlive this.
  LineSession(const CommandContext& context, const LineFlags& flags);
  ~LineSession();
  LineSession(const LineSession&) = delete;
  LineSession& operator=(const LineSession&) = delete;

  // First: takes `texts` or, where there are none, the input. The error names
  // the file.
  absl::Status OpenInput(std::vector<std::string> texts);
  // For results that are lines: --output_file or standard output.
  absl::Status OpenOutput();

  // Runs all calls. Each text goes to `print`, whose error ends the run; then
  // its failure, if it has one, goes to standard error.
  template <typename Request, typename Response>
  absl::Status Call(const LineMethod<Request, Response>& method,
                    LineSink<ResultOf<Response>> print);

  // DATA_LOSS where it cannot be written.
  absl::Status Write(absl::string_view text);
  // The error of the line itself, or as Write.
  absl::Status WriteLine(const absl::StatusOr<std::string>& line);

  // Whether texts are lines of an input.
  bool reads_lines() const { return !from_arguments_; }

  // Where the only text stands on the command line, its result may be of
  // several lines.
  LineBreaks line_breaks() const {
    return from_arguments_ && total_ == 1 ? LineBreaks::kKeep
                                          : LineBreaks::kToSpaces;
  }
  // "text 3" of the command line, "line 3" of an input.
  std::string NameOf(int64_t number) const;

  // Last: says how the run ended, and returns the exit code.
  int Finish(const absl::Status& status);

 private:
  struct Outcome {
    int64_t number;
    size_t size_bytes;
    absl::Status status;
  };
  void Report(const Outcome& outcome);
  bool ShowsProgress() const;

  const CommandContext& context_;
  const LineFlags& flags_;
  std::unique_ptr<TextSource> source_;
  int owned_fd_ = -1;
  bool from_arguments_ = false;
  // Texts of the command line, or bytes of a regular file.
  std::optional<int64_t> total_;
  std::ofstream file_;
  // Standard output, or `file_`.
  std::ostream* out_;
  // While calls run.
  std::unique_ptr<ProgressLine> progress_;
  int64_t num_failed_ = 0;
};

template <typename Request, typename Response>
absl::Status LineSession::Call(const LineMethod<Request, Response>& method,
                               LineSink<ResultOf<Response>> print) {
  Client client(flags_.connection.ToOptions());
  progress_ = std::make_unique<ProgressLine>(
      ShowsProgress() ? &context_.err : nullptr, total_);
  const LineCalls calls = {.client = client,
                           .source = *source_,
                           .pipeline = {.batch_size = flags_.batch_size,
                                        .in_flight = flags_.in_flight}};
  const absl::Status status = CallForTexts(
      calls, method, [&](const AnsweredText<ResultOf<Response>>& answered) {
        absl::Status printed = print(answered);
        if (!printed.ok()) return printed;
        Report({.number = answered.number,
                .size_bytes = answered.text.size(),
                .status = ToAbslStatus(answered.result.status())});
        return absl::OkStatus();
      });
  // Takes its line off the terminal.
  progress_ = nullptr;
  return status;
}

// One such subcommand.
struct LineCommand {
  const char* name;
  const char* help;
  // Its own; those of LineFlags are added. Their targets outlive the run.
  std::vector<Flag> flags;
  LineFlags* lines;
  // What is wrong with the flags as a whole; empty where nothing is.
  std::function<std::string()> problem = [] { return std::string(); };
  // Called with the input opened; returns what Finish is to report.
  std::function<absl::Status(LineSession& session)> run;
};

// Parses `args`, what follows the subcommand, and runs it or prints its help.
// Returns the exit code.
int RunLineCommand(const CommandContext& context,
                   absl::Span<const std::string> args, LineCommand command);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_LINE_SESSION_H_
