#include "client/translate_command.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "client/client.h"
#include "client/command_line.h"
#include "client/line_session.h"
#include "client/result_format.h"

namespace parley::client {
namespace {

using ::parley::v1::TranslateDelta;
using ::parley::v1::TranslateOptions;
using ::parley::v1::TranslateRequest;
using ::parley::v1::TranslateResponse;
using ::parley::v1::TranslateResult;

constexpr char kHelp[] =
    R"(parley translate: translates texts, a file or standard input

Usage: parley translate [FLAGS] [TEXT...]

Each TEXT is translated; without any, each line of --input, or of standard
input where that is not a terminal. Translations come out in the same order,
one a line. Lines of a file go to the server on one stream; where that breaks
off, what was not answered is sent again. A text that fails keeps its place as
an empty line, its number and reason go to standard error, the exit code is 1.

Examples:
  parley translate --target=de "A man is riding a bike."
  parley translate --target=fr "A red car." "Two dogs." --num_beams=1
  parley translate --target=de --input=captions.en --output_file=captions.de
  zcat captions.en.gz | parley translate --target=de --in_flight=16
  parley translate --target=de --stream
  parley translate --target=de --output=json --num_hypotheses=4 \
      --return_tokens "A man is riding a bike."
  parley translate --target=de --sample --top_p=0.9 --seed=1 "A red car."

Flags:
)";

struct TranslateFlags {
  LineFlags lines;
  std::string model, source, target;
  int output = static_cast<int>(OutputFormat::kText);
  std::optional<int32_t> num_beams, num_hypotheses;
  std::optional<int32_t> max_new_tokens, min_new_tokens;
  std::optional<float> length_penalty;
  int early_stopping = parley::v1::EARLY_STOPPING_UNSPECIFIED;
  int split = parley::v1::SPLIT_UNSPECIFIED;
  std::optional<bool> shortlist;
  bool sample = false;
  std::optional<float> temperature, top_p;
  std::optional<int32_t> top_k;
  std::optional<uint64_t> seed;
  bool return_tokens = false;
  bool stream = false;
  int priority = parley::v1::PRIORITY_UNSPECIFIED;
  bool allow_partial = false;

  std::string Problem() const {
    if (!stream) return "";
    if (output == static_cast<int>(OutputFormat::kJson)) {
      return "--stream prints text as it comes, not JSON";
    }
    if (num_hypotheses.value_or(1) > 1) {
      return "--stream prints the best translation only";
    }
    return "";
  }
};

void AppendRequestFlags(TranslateFlags* to, std::vector<Flag>* flags) {
  const std::vector<Flag> more = {
      TextFlag({"target", "LANGUAGE",
                "The language to translate into, as \"parley models\" lists "
                "it: de. May be left out where the model has only one."},
               &to->target),
      TextFlag({"source", "LANGUAGE", "The language of the texts."},
               &to->source),
      ModelFlag(&to->model),
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
      OptionalSwitchFlag(
          {"shortlist", "",
           "Choose among the likely translations of the source's tokens only, "
           "which is faster; --shortlist=false looks at the whole vocabulary. "
           "For models that \"parley models NAME\" shows a shortlist of "
           "(default is the model's own)."},
          &to->shortlist),
      SwitchFlag({"return_tokens", "",
                  "With --output=json: tokens, their ids and log-probabilities "
                  "too."},
                 &to->return_tokens),
      OutputFlag(
          "Translations alone (default), or one line of JSON a text: its "
          "number, the text, hypotheses, scores and status.",
          &to->output),
  };
  flags->insert(flags->end(), more.begin(), more.end());
}

void AppendSamplingFlags(TranslateFlags* to, std::vector<Flag>* flags) {
  const std::vector<Flag> more = {
      SwitchFlag({"sample", "",
                  "Draw each token by its probability instead of searching for "
                  "the likeliest: translations that differ from call to call."},
                 &to->sample),
      OptionalFloatFlag({"temperature", "X",
                         "With --sample: below 1 likely tokens become likelier "
                         "still, above 1 less so (default 1)."},
                        &to->temperature),
      OptionalIntFlag({"top_k", "N",
                       "With --sample: draw among the N likeliest tokens "
                       "(default 50, at most 64)."},
                      &to->top_k),
      OptionalFloatFlag({"top_p", "X",
                         "With --sample: and of these among the fewest whose "
                         "probabilities sum to X (default 1)."},
                        &to->top_p),
      OptionalUnsignedFlag({"seed", "N",
                            "With --sample: the same seed draws the same "
                            "translations (default: another each time)."},
                           &to->seed),
  };
  flags->insert(flags->end(), more.begin(), more.end());
}

void AppendCallFlags(TranslateFlags* to, std::vector<Flag>* flags) {
  const std::vector<Flag> more = {
      SwitchFlag({"stream", "",
                  "Prints each translation while it is being made, one text "
                  "after the other."},
                 &to->stream),
      ChoiceFlag({"priority", "high|normal|low",
                  "Which texts go first where the server is busy (default "
                  "normal)."},
                 {{"high", parley::v1::PRIORITY_HIGH},
                  {"normal", parley::v1::PRIORITY_NORMAL},
                  {"low", parley::v1::PRIORITY_LOW}},
                 &to->priority),
      SwitchFlag({"allow_partial", "",
                  "Where --timeout ends a call, print those of its texts that "
                  "are done; only the others fail."},
                 &to->allow_partial),
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
  if (flags.shortlist) options.set_shortlist(*flags.shortlist);
  options.set_do_sample(flags.sample);
  if (flags.temperature) options.set_temperature(*flags.temperature);
  if (flags.top_k) options.set_top_k(*flags.top_k);
  if (flags.top_p) options.set_top_p(*flags.top_p);
  if (flags.seed) options.set_seed(*flags.seed);
  options.set_return_tokens(flags.return_tokens);
  if (flags.priority != parley::v1::PRIORITY_UNSPECIFIED) {
    request.mutable_call()->set_priority(
        static_cast<parley::v1::Priority>(flags.priority));
  }
  if (flags.allow_partial) request.mutable_call()->set_allow_partial(true);
  return request;
}

// Prints translations while they are being made, one after the other.
class Teller {
 public:
  explicit Teller(LineSession& session) : session_(session) {}

  // One call, without a stream where the server has no such streams. It prints
  // on gRPC's threads until `callback` is called.
  void Call(Client& client, const TranslateRequest& request,
            Client::Callback<TranslateResponse> callback) {
    client.TranslateStreamAsync(
        request, [this](const TranslateDelta& delta) { Print(delta.text()); },
        [this, &client, request = request, callback = std::move(callback)](
            absl::StatusOr<TranslateResponse> answer) mutable {
          if (absl::IsUnimplemented(answer.status()) && !line_has_begun_) {
            client.TranslateAsync(std::move(request), std::move(callback));
          } else {
            callback(std::move(answer));
          }
        });
  }

  // The translation, where nothing of it was told, and its line's end.
  absl::Status EndLine(const TranslateResult& result) {
    if (!line_has_begun_) {
      Print(FormatTranslation(result, session_.line_breaks()));
    }
    line_has_begun_ = false;
    PARLEY_RETURN_IF_ERROR(printed_);
    return session_.Write("\n");
  }

  // So that the error of a call that ended the run has a line of its own.
  void EndRun() {
    if (line_has_begun_) session_.Write("\n").IgnoreError();
  }

 private:
  void Print(const std::string& text) {
    if (text.empty() || !printed_.ok()) return;
    line_has_begun_ = true;
    printed_ = session_.Write(WithLineBreaks(text, session_.line_breaks()));
  }

  LineSession& session_;
  bool line_has_begun_ = false;
  absl::Status printed_;
};

// For flags that send one text after the other.
absl::Status TranslateAloud(const TranslateFlags& flags, LineSession& session) {
  PARLEY_RETURN_IF_ERROR(session.OpenOutput());
  Teller teller(session);
  const LineMethod<TranslateRequest, TranslateResponse> method = {
      .start = std::bind_front(&Teller::Call, &teller),
      .request = MakeRequest(flags)};
  const absl::Status status =
      session.Call(method, [&](const AnsweredText<TranslateResult>& text) {
        return teller.EndLine(text.result);
      });
  teller.EndRun();
  return status;
}

absl::Status Translate(const TranslateFlags& flags, LineSession& session) {
  PARLEY_RETURN_IF_ERROR(session.OpenOutput());
  // A stream has no deadline that could leave part of an answer.
  const bool on_stream = session.reads_lines() && !flags.allow_partial;
  const LineMethod<TranslateRequest, TranslateResponse> method = {
      .start =
          on_stream ? &Client::TranslateOnStreamAsync : &Client::TranslateAsync,
      .request = MakeRequest(flags)};
  return session.Call(method, [&](const AnsweredText<TranslateResult>& text) {
    return session.WriteLine(
        flags.output == static_cast<int>(OutputFormat::kJson)
            ? FormatJson(text)
            : FormatTranslation(text.result, session.line_breaks()));
  });
}

}  // namespace

int RunTranslate(const CommandContext& context,
                 absl::Span<const std::string> args) {
  TranslateFlags values = {.lines = LineFlags(context)};
  std::vector<Flag> flags;
  AppendRequestFlags(&values, &flags);
  AppendSamplingFlags(&values, &flags);
  AppendSearchFlags(&values, &flags);
  AppendCallFlags(&values, &flags);
  const auto run = [&values](LineSession& session) {
    if (!values.stream) return Translate(values, session);
    values.lines.batch_size = 1;
    values.lines.in_flight = 1;
    return TranslateAloud(values, session);
  };
  return RunLineCommand(context, args,
                        {.name = "translate",
                         .help = kHelp,
                         .flags = std::move(flags),
                         .lines = &values.lines,
                         .problem = [&values] { return values.Problem(); },
                         .run = run});
}

}  // namespace parley::client
