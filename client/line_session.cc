#include "client/line_session.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace parley::client {
namespace {

// A longer line than any model's input makes sense of, yet bounded.
constexpr size_t kMaxLineBytes = 16 << 20;

void AppendLineFlags(LineFlags* to, std::vector<Flag>* flags) {
  const std::vector<Flag> more = {
      StringFlag({"input", "FILE",
                  "Reads the texts from a file, one a line; \"-\" is standard "
                  "input."},
                 &to->input),
      StringFlag({"output_file", "FILE",
                  "Writes there instead of to standard output."},
                 &to->output_file),
      IntFlag({"batch_size", "N", "Texts of one call (default 32)."},
              {1, 100'000}, &to->batch_size),
      IntFlag({"in_flight", "N", "Calls under way at once (default 8)."},
              {1, 1024}, &to->in_flight),
  };
  flags->insert(flags->end(), more.begin(), more.end());
  AppendConnectionFlags(&to->connection, flags);
}

// What is wrong with texts and files of the command line as a whole; empty
// where nothing is.
std::string UsageProblem(const CommandContext& context, const LineFlags& flags,
                         const std::vector<std::string>& texts) {
  if (!texts.empty() && !flags.input.empty()) {
    return "takes texts or --input, not both";
  }
  if (texts.empty() && flags.input.empty() && context.input_is_terminal) {
    return "wants texts, or --input=FILE (\"-\" to type them)";
  }
  std::error_code ignored;
  if (!flags.output_file.empty() && !flags.input.empty() &&
      std::filesystem::equivalent(flags.input, flags.output_file, ignored)) {
    return "--output_file is --input: it would be emptied before it is read";
  }
  return "";
}

}  // namespace

LineSession::LineSession(const CommandContext& context, const LineFlags& flags)
    : context_(context), flags_(flags), out_(&context.out) {}

LineSession::~LineSession() {
  if (owned_fd_ >= 0) ::close(owned_fd_);
}

absl::Status LineSession::OpenInput(std::vector<std::string> texts) {
  if (!texts.empty()) {
    from_arguments_ = true;
    total_ = static_cast<int64_t>(texts.size());
    source_ = std::make_unique<ListSource>(std::move(texts));
    return absl::OkStatus();
  }
  int fd = context_.input_fd;
  if (!flags_.input.empty() && flags_.input != "-") {
    fd = owned_fd_ = ::open(flags_.input.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      return absl::ErrnoToStatus(errno,
                                 absl::StrCat("cannot open ", flags_.input));
    }
  }
  struct stat info = {};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) total_ = info.st_size;
  source_ = std::make_unique<LineSource>(fd, kMaxLineBytes);
  return absl::OkStatus();
}

absl::Status LineSession::OpenOutput() {
  if (flags_.output_file.empty()) return absl::OkStatus();
  file_.open(flags_.output_file, std::ios::binary | std::ios::trunc);
  if (!file_) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("cannot write ", flags_.output_file));
  }
  out_ = &file_;
  return absl::OkStatus();
}

absl::Status LineSession::Write(absl::string_view text) {
  *out_ << text << std::flush;
  if (!*out_) return absl::DataLossError("cannot write the results");
  return absl::OkStatus();
}

absl::Status LineSession::WriteLine(const absl::StatusOr<std::string>& line) {
  if (!line.ok()) return line.status();
  return Write(absl::StrCat(*line, "\n"));
}

std::string LineSession::NameOf(int64_t number) const {
  return absl::StrCat(from_arguments_ ? "text " : "line ", number);
}

void LineSession::Report(const Outcome& outcome) {
  if (!outcome.status.ok()) {
    ++num_failed_;
    progress_->Clear();
    context_.err << "parley: " << NameOf(outcome.number) << ": "
                 << absl::StatusCodeToString(outcome.status.code()) << ": "
                 << outcome.status.message() << "\n";
  }
  progress_->Advance(
      from_arguments_ ? 1 : static_cast<int64_t>(outcome.size_bytes) + 1);
}

// Not where results appear on the same terminal meanwhile.
bool LineSession::ShowsProgress() const {
  return context_.error_is_terminal &&
         (!context_.output_is_terminal || !flags_.output_file.empty() ||
          flags_.prints_at_end);
}

int LineSession::Finish(const absl::Status& status) {
  if (!status.ok()) return ReportFailure(context_, flags_.connection, status);
  if (num_failed_ == 0) return kExitOk;
  context_.err << "parley: " << num_failed_
               << (num_failed_ == 1 ? " text" : " texts") << " failed\n";
  return kExitFailure;
}

int RunLineCommand(const CommandContext& context,
                   absl::Span<const std::string> args, LineCommand command) {
  AppendLineFlags(command.lines, &command.flags);
  if (AsksForHelp(args)) {
    context.out << command.help << DescribeFlags(command.flags);
    return kExitOk;
  }
  absl::StatusOr<std::vector<std::string>> texts =
      ParseFlags(command.flags, args);
  if (!texts.ok()) {
    return ReportUsage(context, command.name, texts.status().message());
  }
  std::string problem = UsageProblem(context, *command.lines, *texts);
  if (problem.empty()) problem = command.problem();
  if (!problem.empty()) return ReportUsage(context, command.name, problem);
  LineSession session(context, *command.lines);
  absl::Status status = session.OpenInput(*std::move(texts));
  if (status.ok()) status = command.run(session);
  return session.Finish(status);
}

}  // namespace parley::client
