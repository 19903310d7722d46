// Measures the translation engine in this process: no tokenizer, no network.
// bench/translation.py makes the model and the work, runs this in turn with
// other engines, and prints the comparison.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "bench/token_file.h"
#include "engine/kernels/onednn/isa.h"
#include "engine/layers/thread_team.h"
#include "engine/models/marian.h"
#include "engine/runtime/precision.h"
#include "engine/runtime/translation_engine.h"
#include "engine/weights/weight_file.h"

ABSL_FLAG(std::string, model, "", "Directory with config.json and weights");
ABSL_FLAG(std::string, sources, "",
          "File of token ids, one source a line, separated by spaces");
ABSL_FLAG(int, batch_size, 32, "Sources translated together");
ABSL_FLAG(int, num_beams, 4, "Beams; 1 is greedy");
ABSL_FLAG(int, new_tokens, 20, "Target tokens, forced");
ABSL_FLAG(std::string, compute_type, "f32", "f32, bf16 or int8");
ABSL_FLAG(int, num_threads, 2, "Threads of a step");
ABSL_FLAG(int, repetitions, 3, "Measured passes over all sources");
ABSL_FLAG(
    std::string, shortlist, "",
    "File of lines \"target source probability\", as Marian's lex.s2t but "
    "with token ids: each source's targets, and the hundred lowest ids, "
    "are the only ones that it may become");
ABSL_FLAG(std::string, output, "",
          "File for the target token ids, one source a line");

namespace parley {
namespace {

absl::StatusOr<std::unique_ptr<TranslationEngine>> LoadEngine(
    const LoadOptions& options) {
  const std::string directory = absl::GetFlag(FLAGS_model);
  const std::optional<ComputeType> type =
      ParseComputeType(absl::GetFlag(FLAGS_compute_type));
  if (!type.has_value()) {
    return absl::InvalidArgumentError("--compute_type is f32, bf16 or int8");
  }
  WeightOptions weights;
  PARLEY_ASSIGN_OR_RETURN(weights.precision, ResolvePrecision(*type));
  auto model = std::make_unique<MarianModel>();
  PARLEY_ASSIGN_OR_RETURN(model->config, ReadMarianConfig(directory));
  PARLEY_ASSIGN_OR_RETURN(std::shared_ptr<const WeightFile> file,
                          OpenModelWeights(directory));
  PARLEY_ASSIGN_OR_RETURN(
      model->weights,
      LoadMarianWeights(model->config, std::move(file), weights));
  return TranslationEngine::Create(std::move(model), options);
}

// The best hypothesis of each source.
using Targets = std::vector<std::vector<TokenId>>;

// For each source token, what it may become; empty: anything.
using Shortlist = std::map<TokenId, std::vector<TokenId>>;

absl::StatusOr<Shortlist> ReadShortlist(const std::string& path) {
  Shortlist shortlist;
  std::ifstream file(path);
  TokenId target = 0, source = 0;
  for (double probability; file >> target >> source >> probability;) {
    shortlist[source].push_back(target);
  }
  if (!path.empty() && shortlist.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, " holds no lines"));
  }
  return shortlist;
}

// Those of all tokens of a source.
std::vector<TokenId> TargetTokens(const Shortlist& shortlist,
                                  absl::Span<const TokenId> source) {
  constexpr TokenId kNumFrequent = 100;
  if (shortlist.empty()) return {};
  std::set<TokenId> tokens;
  for (TokenId token = 0; token < kNumFrequent; ++token) tokens.insert(token);
  for (const TokenId token : source) {
    const auto found = shortlist.find(token);
    if (found == shortlist.end()) continue;
    tokens.insert(found->second.begin(), found->second.end());
  }
  return {tokens.begin(), tokens.end()};
}

// Translates a batch together; writes one target for each source.
absl::Status TranslateBatch(TranslationEngine& engine,
                            const Shortlist& shortlist,
                            absl::Span<const std::vector<TokenId>> batch,
                            absl::Span<std::vector<TokenId>> targets) {
  const int new_tokens = absl::GetFlag(FLAGS_new_tokens);
  for (size_t i = 0; i < batch.size(); ++i) {
    Task task;
    task.source_ids = batch[i];
    task.target_tokens = TargetTokens(shortlist, batch[i]);
    task.search.num_beams = absl::GetFlag(FLAGS_num_beams);
    task.search.max_new_tokens = new_tokens;
    task.search.min_new_tokens = new_tokens;
    PARLEY_RETURN_IF_ERROR(engine.Admit(i, std::move(task)));
  }
  StepResult result;
  while (engine.num_tasks() > 0) {
    PARLEY_RETURN_IF_ERROR(
        engine.Step({.max_encoder_tokens = 1 << 20}, &result));
    if (!result.failed.empty() || !result.evicted.empty()) {
      return absl::InternalError("a task did not finish");
    }
    for (FinishedTask& finished : result.finished) {
      targets[finished.id] =
          std::move(finished.result.hypotheses.front().token_ids);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Targets> TranslateAll(TranslationEngine& engine,
                                     const Shortlist& shortlist,
                                     const TokenLists& sources) {
  const size_t batch_size = absl::GetFlag(FLAGS_batch_size);
  Targets targets(sources.size());
  for (size_t begin = 0; begin < sources.size(); begin += batch_size) {
    const size_t count = std::min(batch_size, sources.size() - begin);
    PARLEY_RETURN_IF_ERROR(TranslateBatch(
        engine, shortlist, absl::MakeSpan(sources).subspan(begin, count),
        absl::MakeSpan(targets).subspan(begin, count)));
  }
  return targets;
}

// Measures one pass over all sources and prints its JSON line.
absl::StatusOr<Targets> MeasurePass(TranslationEngine& engine,
                                    const Shortlist& shortlist,
                                    const TokenLists& sources) {
  const absl::Time start = absl::Now();
  PARLEY_ASSIGN_OR_RETURN(Targets targets,
                          TranslateAll(engine, shortlist, sources));
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  size_t num_tokens = 0;
  for (const std::vector<TokenId>& target : targets) {
    num_tokens += target.size();
  }
  std::printf("{\"tokens\": %zu, \"seconds\": %.6f}\n", num_tokens, seconds);
  return targets;
}

void WriteTargets(const std::string& path, const Targets& targets) {
  std::ofstream file(path);
  for (const std::vector<TokenId>& target : targets) {
    file << absl::StrJoin(target, " ") << "\n";
  }
}

absl::Status Run() {
  const LoadOptions options = {
      .num_threads = absl::GetFlag(FLAGS_num_threads),
      .kv_cache_bytes = int64_t{1} << 30,
      .max_rows = std::max(kMaxBeams, absl::GetFlag(FLAGS_batch_size) *
                                          absl::GetFlag(FLAGS_num_beams))};
  kernels::LimitKernelsToIsa();
  SetTeamSize(options.num_threads);
  PARLEY_ASSIGN_OR_RETURN(const TokenLists sources,
                          ReadTokenFile(absl::GetFlag(FLAGS_sources)));
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<TranslationEngine> engine,
                          LoadEngine(options));
  std::fprintf(stderr, "%s, %d threads, %zu sources\n",
               kernels::DescribeBackend().c_str(), options.num_threads,
               sources.size());
  PARLEY_ASSIGN_OR_RETURN(const Shortlist shortlist,
                          ReadShortlist(absl::GetFlag(FLAGS_shortlist)));
  // One pass unmeasured: memory is touched, clocks come up.
  PARLEY_ASSIGN_OR_RETURN(Targets targets,
                          TranslateAll(*engine, shortlist, sources));
  for (int i = 0; i < absl::GetFlag(FLAGS_repetitions); ++i) {
    PARLEY_ASSIGN_OR_RETURN(targets, MeasurePass(*engine, shortlist, sources));
  }
  if (!absl::GetFlag(FLAGS_output).empty()) {
    WriteTargets(absl::GetFlag(FLAGS_output), targets);
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace parley

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Measures the translation engine; prints a JSON line a repetition.");
  absl::ParseCommandLine(argc, argv);
#ifndef NDEBUG
  std::fprintf(stderr, "refusing to measure an unoptimised build\n");
  return 1;
#endif
  const absl::Status status = parley::Run();
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}
