#include "client/translate_command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "client/client.h"
#include "client/command_line.h"
#include "client/line_translation.h"
#include "client/progress.h"
#include "client/result_format.h"
#include "client/text_source.h"

namespace parley::client {
namespace {

using ::parley::v1::TranslateOptions;
using ::parley::v1::TranslateRequest;

constexpr char kHelp[] =
    R"(parley translate: translates texts, a file or standard input

Usage: parley translate [FLAGS] [TEXT...]

Each TEXT is translated; without any, each line of --input, or of standard
input where that is not a terminal. Translations come out in the same order,
one a line. A text that fails keeps its place as an empty line, its number and
reason go to standard error, and the exit code is 1.

Examples:
  parley translate --target=de "A man is riding a bike."
  parley translate --target=fr "A red car." "Two dogs." --num_beams=1
  parley translate --target=de --input=captions.en --output_file=captions.de
  zcat captions.en.gz | parley translate --target=de --in_flight=16
  parley translate --target=de --output=json --num_hypotheses=4 \
      --return_tokens "A man is riding a bike."

Flags:
)";

// A longer line than any model's input makes sense of, yet bounded.
constexpr size_t kMaxLineBytes = 16 << 20;

struct TranslateFlags {
  ConnectionFlags connection;
  std::string model, source, target;
  std::string input, output_file;
  int output = static_cast<int>(OutputFormat::kText);
  int in_flight = 8;
  int batch_size = 32;
  std::optional<int32_t> num_beams, num_hypotheses;
  std::optional<int32_t> max_new_tokens, min_new_tokens;
  std::optional<float> length_penalty;
  int early_stopping = parley::v1::EARLY_STOPPING_UNSPECIFIED;
  int split = parley::v1::SPLIT_UNSPECIFIED;
  bool return_tokens = false;
};

void AppendRequestFlags(TranslateFlags* to, std::vector<Flag>* flags) {
  const std::vector<Flag> more = {
      StringFlag({"target", "LANGUAGE",
                  "The language to translate into, as \"parley models\" lists "
                  "it: de. May be left out where the model has only one."},
                 &to->target),
      StringFlag({"source", "LANGUAGE", "The language of the texts."},
                 &to->source),
      StringFlag({"model", "NAME",
                  "The model to use. May be left out where only one is "
                  "served."},
                 &to->model),
      OptionalIntFlag({"num_beams", "N",
                       "Beams of the search, 1 is greedy (this and the "
                       "following: default is the model's own)."},
                      &to->num_beams),
      OptionalIntFlag({"num_hypotheses", "N",
                       "Translations of each text, at most num_beams. As text "
                       "they stand on one line with tabs between."},
                      &to->num_hypotheses),
      OptionalFloatFlag({"length_penalty", "X",
                         "Above 0 favours longer translations, below 0 shorter "
                         "ones."},
                        &to->length_penalty),
      OptionalIntFlag({"max_new_tokens", "N", "Tokens at most."},
                      &to->max_new_tokens),
      OptionalIntFlag({"min_new_tokens", "N", "Tokens at least."},
                      &to->min_new_tokens),
  };
  flags->insert(flags->end(), more.begin(), more.end());
}

void AppendSearchFlags(TranslateFlags* to, std::vector<Flag>* flags) {
  const std::vector<Flag> more = {
      ChoiceFlag({"early_stopping", "heuristic|first|never",
                  "When a beam search with enough finished beams stops: no "
                  "better one is likely, at once, or no better one is "
                  "possible."},
                 {{"heuristic", parley::v1::EARLY_STOPPING_HEURISTIC},
                  {"first", parley::v1::EARLY_STOPPING_FIRST},
                  {"never", parley::v1::EARLY_STOPPING_NEVER}},
                 &to->early_stopping),
      ChoiceFlag({"split", "sentences|paragraphs|none",
                  "What is translated on its own: each sentence (default), "
                  "each line of a text, or each text whole."},
                 {{"sentences", parley::v1::SPLIT_SENTENCES},
                  {"paragraphs", parley::v1::SPLIT_PARAGRAPHS},
                  {"none", parley::v1::SPLIT_NONE}},
                 &to->split),
      SwitchFlag({"return_tokens", "",
                  "With --output=json: tokens, their ids and log-probabilities "
                  "too."},
                 &to->return_tokens),
  };
  flags->insert(flags->end(), more.begin(), more.end());
}

void AppendStreamFlags(TranslateFlags* to, std::vector<Flag>* flags) {
  const std::vector<Flag> more = {
      StringFlag({"input", "FILE",
                  "Reads the texts from a file, one a line; \"-\" is standard "
                  "input."},
                 &to->input),
      StringFlag({"output_file", "FILE",
                  "Writes there instead of to standard output."},
                 &to->output_file),
      OutputFlag(
          "Translations alone (default), or one line of JSON a text: its "
          "number, the text, hypotheses, scores and status.",
          &to->output),
      IntFlag({"batch_size", "N", "Texts of one call (default 32)."},
              {1, 100'000}, &to->batch_size),
      IntFlag({"in_flight", "N", "Calls under way at once (default 8)."},
              {1, 1024}, &to->in_flight),
  };
  flags->insert(flags->end(), more.begin(), more.end());
}

TranslateRequest MakeRequest(const TranslateFlags& flags) {
  TranslateRequest request;
  request.set_model(flags.model);
  request.set_source_language(flags.source);
  request.set_target_language(flags.target);
  TranslateOptions& options = *request.mutable_options();
  if (flags.num_beams) options.set_num_beams(*flags.num_beams);
  if (flags.num_hypotheses) options.set_num_hypotheses(*flags.num_hypotheses);
  if (flags.length_penalty) options.set_length_penalty(*flags.length_penalty);
  if (flags.max_new_tokens) options.set_max_new_tokens(*flags.max_new_tokens);
  if (flags.min_new_tokens) options.set_min_new_tokens(*flags.min_new_tokens);
  if (flags.early_stopping != parley::v1::EARLY_STOPPING_UNSPECIFIED) {
    options.set_early_stopping(
        static_cast<parley::v1::EarlyStopping>(flags.early_stopping));
  }
  options.set_split(static_cast<parley::v1::Split>(flags.split));
  options.set_return_tokens(flags.return_tokens);
  return request;
}

// What is wrong with the command line as a whole; empty where nothing is.
std::string UsageProblem(const CommandContext& context,
                         const TranslateFlags& flags,
                         const std::vector<std::string>& texts) {
  for (const std::string& name : {flags.model, flags.source, flags.target}) {
    // A message takes nothing else.
    if (ValidUtf8PrefixBytes(name) != name.size()) {
      return "--model, --source and --target want UTF-8";
    }
  }
  if (!texts.empty() && !flags.input.empty()) {
    return "takes texts or --input, not both";
  }
  if (texts.empty() && flags.input.empty() && context.input_is_terminal) {
    return "wants texts to translate, or --input=FILE (\"-\" to type them)";
  }
  std::error_code ignored;
  if (!flags.output_file.empty() && !flags.input.empty() &&
      std::filesystem::equivalent(flags.input, flags.output_file, ignored)) {
    return "--output_file is --input: it would be emptied before it is read";
  }
  return "";
}

// The texts' source, with the descriptor that it reads and must be closed.
struct Input {
  std::unique_ptr<TextSource> source;
  int owned_fd = -1;
  // Texts of the command line, or bytes of a regular file.
  std::optional<int64_t> total;
};

absl::StatusOr<Input> OpenInput(const CommandContext& context,
                                const std::string& path,
                                std::vector<std::string> texts) {
  if (!texts.empty()) {
    const auto total = static_cast<int64_t>(texts.size());
    return Input{.source = std::make_unique<ListSource>(std::move(texts)),
                 .total = total};
  }
  Input input;
  int fd = context.input_fd;
  if (!path.empty() && path != "-") {
    fd = input.owned_fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
    }
  }
  struct stat info = {};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    input.total = info.st_size;
  }
  input.source = std::make_unique<LineSource>(fd, kMaxLineBytes);
  return input;
}

// Writes translations, and reports those that failed.
class Writer {
 public:
  Writer(const CommandContext& context, const TranslateFlags& flags,
         std::ostream& out, const Input& input)
      : err_(context.err),
        out_(out),
        format_(static_cast<OutputFormat>(flags.output)),
        from_arguments_(input.source->fd() < 0),
        keep_line_breaks_(from_arguments_ && input.total == 1),
        progress_(ShowsProgress(context, flags) ? &context.err : nullptr,
                  input.total) {}

  absl::Status Write(const TranslatedText& translated) {
    if (format_ == OutputFormat::kJson) {
      PARLEY_ASSIGN_OR_RETURN(const std::string json, FormatJson(translated));
      out_ << json;
    } else {
      out_ << FormatText(translated, keep_line_breaks_ ? LineBreaks::kKeep
                                                       : LineBreaks::kToSpaces);
    }
    out_ << "\n" << std::flush;
    if (!out_) return absl::DataLossError("cannot write the translations");
    if (const absl::Status status = TextStatus(translated); !status.ok()) {
      ++num_failed_;
      progress_.Clear();
      err_ << "parley: " << (from_arguments_ ? "text " : "line ")
           << translated.number << ": "
           << absl::StatusCodeToString(status.code()) << ": "
           << status.message() << "\n";
    }
    progress_.Advance(from_arguments_ ? 1 : translated.text.size() + 1);
    return absl::OkStatus();
  }

  int64_t num_failed() const { return num_failed_; }

 private:
  // Not where translations appear on the same terminal.
  static bool ShowsProgress(const CommandContext& context,
                            const TranslateFlags& flags) {
    return context.error_is_terminal &&
           (!context.output_is_terminal || !flags.output_file.empty());
  }

  std::ostream& err_;
  std::ostream& out_;
  const OutputFormat format_;
  const bool from_arguments_;
  const bool keep_line_breaks_;
  ProgressLine progress_;
  int64_t num_failed_ = 0;
};

int Fail(const CommandContext& context, const absl::Status& status) {
  context.err << "parley: " << status.message() << "\n";
  return kExitFailure;
}

int Translate(const CommandContext& context, const TranslateFlags& flags,
              std::vector<std::string> texts) {
  absl::StatusOr<Input> input =
      OpenInput(context, flags.input, std::move(texts));
  if (!input.ok()) return Fail(context, input.status());
  const absl::Cleanup close_input = [&input] {
    if (input->owned_fd >= 0) ::close(input->owned_fd);
  };
  std::ofstream file;
  if (!flags.output_file.empty()) {
    file.open(flags.output_file, std::ios::binary | std::ios::trunc);
    if (!file) {
      return Fail(context,
                  absl::ErrnoToStatus(
                      errno, absl::StrCat("cannot write ", flags.output_file)));
    }
  }
  LineTranslationOptions options = {.request = MakeRequest(flags),
                                    .batch_size = flags.batch_size,
                                    .in_flight = flags.in_flight};
  absl::Status status;
  int64_t num_failed = 0;
  {
    Client client(flags.connection.ToOptions());
    // Goes before the client, and takes its line off the terminal.
    Writer writer(context, flags, file.is_open() ? file : context.out, *input);
    status = TranslateTexts(client, options, *input->source,
                            [&writer](const TranslatedText& translated) {
                              return writer.Write(translated);
                            });
    num_failed = writer.num_failed();
  }
  if (!status.ok()) return ReportFailure(context, flags.connection, status);
  if (num_failed == 0) return kExitOk;
  context.err << "parley: " << num_failed
              << (num_failed == 1 ? " text" : " texts") << " failed\n";
  return kExitFailure;
}

}  // namespace

int RunTranslate(const CommandContext& context,
                 absl::Span<const std::string> args) {
  TranslateFlags values = {
      .connection = {.server = context.server, .timeout = absl::Minutes(2)}};
  std::vector<Flag> flags;
  AppendRequestFlags(&values, &flags);
  AppendSearchFlags(&values, &flags);
  AppendStreamFlags(&values, &flags);
  AppendConnectionFlags(&values.connection, &flags);
  if (AsksForHelp(args)) {
    context.out << kHelp << DescribeFlags(flags);
    return kExitOk;
  }
  absl::StatusOr<std::vector<std::string>> texts = ParseFlags(flags, args);
  if (!texts.ok()) {
    return ReportUsage(context, "translate", texts.status().message());
  }
  const std::string problem = UsageProblem(context, values, *texts);
  if (!problem.empty()) return ReportUsage(context, "translate", problem);
  return Translate(context, values, *std::move(texts));
}

}  // namespace parley::client
