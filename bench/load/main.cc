// Loads a server over the real wire and tells how it bore it: JSON lines on
// standard output, one a second with what was answered so far, and at the end
// the whole report (bench/load/report.h).
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/thread_turns.h"
#include "bench/load/connections.h"
#include "bench/load/load_run.h"
#include "bench/load/report.h"
#include "bench/load/workload.h"

ABSL_FLAG(std::string, server, "127.0.0.1:8470", "Where the server listens");
ABSL_FLAG(int, connections, 4, "Connections, called in turn");

ABSL_FLAG(double, rate, 0,
          "Calls a second, as callers come who know nothing of each other "
          "(open loop); 0: closed loop");
ABSL_FLAG(int, in_flight, 32, "Of a closed loop: calls under way at a time");
ABSL_FLAG(absl::Duration, warm_up, absl::ZeroDuration(),
          "The load's beginning, that is not measured");
ABSL_FLAG(absl::Duration, duration, absl::Seconds(10),
          "Of what is measured, unless --num_texts is set");
ABSL_FLAG(int64_t, num_texts, 0, "Ends after so many texts");
ABSL_FLAG(absl::Duration, deadline, absl::Seconds(60),
          "Of each call, since it was due; later answers are worth nothing");
ABSL_FLAG(absl::Duration, late_start, absl::Milliseconds(20),
          "A call sent so long after it was due counts as a late start of "
          "this program's");
ABSL_FLAG(uint64_t, seed, 1, "Of arrivals, texts and what is cancelled");

ABSL_FLAG(std::string, model, "", "That translates");
ABSL_FLAG(std::string, source_language, "", "Of translations");
ABSL_FLAG(std::string, target_language, "", "Of translations");
ABSL_FLAG(std::string, embedding_model, "", "That embeds");
ABSL_FLAG(double, embedding_share, 0,
          "Part of the calls that embed, 0 to 1; the others translate");
ABSL_FLAG(int, num_beams, 0, "Of translations; 0: the model's own");
ABSL_FLAG(int, max_new_tokens, 0, "Of translations; 0: the model's own");
ABSL_FLAG(int, min_new_tokens, 0, "Of translations; 0: the model's own");
ABSL_FLAG(bool, return_tokens, false, "So that target tokens are counted");
ABSL_FLAG(std::string, priority, "normal", "high, normal or low");
ABSL_FLAG(bool, no_cache, false, "Nothing is taken from the server's cache");
ABSL_FLAG(double, cancel_share, 0, "Part of the calls that are cancelled");
ABSL_FLAG(absl::Duration, cancel_within, absl::Milliseconds(200),
          "At a random time so long after sending at most");

ABSL_FLAG(std::string, texts, "", "File of texts, one a line");
ABSL_FLAG(int, texts_per_call, 1, "Texts of a call");
ABSL_FLAG(double, paragraph_share, 0,
          "Part of the texts that are several lines, 0 to 1");
ABSL_FLAG(int, min_lines, 3, "Of such a text at least");
ABSL_FLAG(int, max_lines, 6, "Of such a text at most");
ABSL_FLAG(int, max_short_words, 9,
          "Lines of so many words at most are reported as short");
ABSL_FLAG(int, min_words, 1,
          "With --max_words: texts of so many words at least, drawn from the "
          "file's");
ABSL_FLAG(int, max_words, 0, "0: the file's lines as they are");

namespace parley::load {
namespace {

absl::StatusOr<v1::Priority> ReadPriority() {
  const std::string name = absl::GetFlag(FLAGS_priority);
  v1::Priority priority;
  if (!v1::Priority_Parse(
          absl::StrCat("PRIORITY_", absl::AsciiStrToUpper(name)), &priority)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--priority is \"", name, "\"; expected high, normal or low"));
  }
  return priority;
}

absl::StatusOr<std::vector<std::string>> ReadLines() {
  const std::string path = absl::GetFlag(FLAGS_texts);
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!absl::StripAsciiWhitespace(line).empty()) lines.push_back(line);
  }
  if (lines.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no texts in --texts=\"", path, "\""));
  }
  return lines;
}

TextOptions ReadTextOptions() {
  return {.paragraph_share = absl::GetFlag(FLAGS_paragraph_share),
          .min_lines = absl::GetFlag(FLAGS_min_lines),
          .max_lines = absl::GetFlag(FLAGS_max_lines),
          .max_short_words = absl::GetFlag(FLAGS_max_short_words),
          .min_words = absl::GetFlag(FLAGS_min_words),
          .max_words = absl::GetFlag(FLAGS_max_words),
          .seed = absl::GetFlag(FLAGS_seed)};
}

v1::TranslateOptions ReadTranslateOptions() {
  v1::TranslateOptions options;
  if (const int n = absl::GetFlag(FLAGS_num_beams)) options.set_num_beams(n);
  if (const int n = absl::GetFlag(FLAGS_max_new_tokens)) {
    options.set_max_new_tokens(n);
  }
  if (const int n = absl::GetFlag(FLAGS_min_new_tokens)) {
    options.set_min_new_tokens(n);
  }
  options.set_return_tokens(absl::GetFlag(FLAGS_return_tokens));
  return options;
}

absl::StatusOr<WorkloadOptions> ReadWorkloadOptions() {
  WorkloadOptions options = {
      .translation_model = absl::GetFlag(FLAGS_model),
      .source_language = absl::GetFlag(FLAGS_source_language),
      .target_language = absl::GetFlag(FLAGS_target_language),
      .embedding_model = absl::GetFlag(FLAGS_embedding_model),
      .embedding_share = absl::GetFlag(FLAGS_embedding_share),
      .texts_per_call = absl::GetFlag(FLAGS_texts_per_call),
      .translate_options = ReadTranslateOptions(),
      .cancel_share = absl::GetFlag(FLAGS_cancel_share),
      .cancel_within = absl::GetFlag(FLAGS_cancel_within),
      .texts = ReadTextOptions()};
  PARLEY_ASSIGN_OR_RETURN(const v1::Priority priority, ReadPriority());
  options.call_options.set_priority(priority);
  options.call_options.set_no_cache(absl::GetFlag(FLAGS_no_cache));
  return options;
}

LoadOptions ReadLoadOptions() {
  LoadOptions options = {
      .calls_per_second = absl::GetFlag(FLAGS_rate),
      .num_in_flight = absl::GetFlag(FLAGS_in_flight),
      .duration = absl::GetFlag(FLAGS_warm_up) + absl::GetFlag(FLAGS_duration),
      .deadline = absl::GetFlag(FLAGS_deadline),
      .seed = absl::GetFlag(FLAGS_seed)};
  if (const int64_t count = absl::GetFlag(FLAGS_num_texts)) {
    options.max_texts = count;
    options.duration = absl::InfiniteDuration();
  }
  return options;
}

absl::Status CheckFlags() {
  for (const double share :
       {absl::GetFlag(FLAGS_embedding_share), absl::GetFlag(FLAGS_cancel_share),
        absl::GetFlag(FLAGS_paragraph_share)}) {
    if (share < 0 || share > 1) {
      return absl::InvalidArgumentError("shares are from 0 to 1");
    }
  }
  if (absl::GetFlag(FLAGS_connections) < 1 ||
      absl::GetFlag(FLAGS_texts_per_call) < 1 ||
      absl::GetFlag(FLAGS_in_flight) < 1 || absl::GetFlag(FLAGS_rate) < 0) {
    return absl::InvalidArgumentError(
        "--connections, --texts_per_call and --in_flight are 1 at least, "
        "--rate is not negative");
  }
  return absl::OkStatus();
}

// Prints a line a second until `is_over`.
void PrintProgress(const LoadRun& run, absl::Notification& is_over) {
  while (!is_over.WaitForNotificationWithTimeout(absl::Seconds(1))) {
    const Progress progress = run.progress();
    std::printf("{\"texts\": %lld, \"tokens\": %lld, \"seconds\": %.6f}\n",
                static_cast<long long>(progress.num_texts),
                static_cast<long long>(progress.num_source_tokens),
                absl::ToDoubleSeconds(progress.time));
    std::fflush(stdout);
  }
}

// Up to the last answer where the load ends with a number of texts.
ReportOptions MakeReportOptions(const std::vector<CallRecord>& records) {
  ReportOptions options = {.begin = absl::GetFlag(FLAGS_warm_up),
                           .deadline = absl::GetFlag(FLAGS_deadline),
                           .late_start = absl::GetFlag(FLAGS_late_start)};
  options.end = options.begin + absl::GetFlag(FLAGS_duration);
  if (absl::GetFlag(FLAGS_num_texts) > 0 && !records.empty()) {
    options.end = records.back().done + absl::Nanoseconds(1);
  }
  return options;
}

// Of the process so far.
double CpuSeconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

absl::Status Run() {
  PARLEY_RETURN_IF_ERROR(CheckFlags());
  PARLEY_ASSIGN_OR_RETURN(std::vector<std::string> lines, ReadLines());
  PARLEY_ASSIGN_OR_RETURN(const WorkloadOptions workload_options,
                          ReadWorkloadOptions());
  Workload workload(workload_options, std::move(lines));
  Connections connections(absl::GetFlag(FLAGS_server),
                          absl::GetFlag(FLAGS_connections));
  LoadRun run(ReadLoadOptions(), &workload, &connections);
  absl::Notification is_over;
  std::thread printer([&] { PrintProgress(run, is_over); });
  const double cpu_seconds_before = CpuSeconds();
  const std::vector<CallRecord> records = run.Run();
  const double cpu_seconds = CpuSeconds() - cpu_seconds_before;
  is_over.Notify();
  printer.join();
  nlohmann::ordered_json report =
      MakeReport(records, MakeReportOptions(records));
  report["offered_calls_per_second"] = absl::GetFlag(FLAGS_rate);
  // What the generator takes from a server on the same machine.
  report["generator_cpus"] =
      cpu_seconds / absl::ToDoubleSeconds(run.progress().time);
  std::printf("%s\n", report.dump().c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace parley::load

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Loads a server, at a rate (--rate) or as fast as it answers; prints "
      "JSON lines.");
  absl::ParseCommandLine(argc, argv);
  // Where it shares CPUs with the server, it takes what it needs without taking
  // threads of a step off them; its own lateness is in the report.
  parley::WaitForTurns();
#ifdef NDEBUG
  // As the server does: what it costs would be missing in what is measured.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#else
  std::fprintf(stderr, "an unoptimised build: its figures mean nothing\n");
#endif
  const absl::Status status = parley::load::Run();
  if (!status.ok()) {
    std::fprintf(stderr, "parley-load: %s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}
