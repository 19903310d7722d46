// Measures the engine of an embedding model in this process: no tokenizer, no
// network. bench/embedding.py makes the work, runs this in turn with other
// engines, and prints the comparison.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
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
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "bench/token_file.h"
#include "engine/kernels/onednn/isa.h"
#include "engine/runtime/loader.h"

ABSL_FLAG(std::string, model, "", "Model directory");
ABSL_FLAG(std::string, inputs, "",
          "File of token ids, one text a line, separated by spaces");
ABSL_FLAG(int, batch_size, 1024, "Texts that are there at once");
ABSL_FLAG(std::string, compute_type, "f32", "f32, bf16 or int8");
ABSL_FLAG(int, num_threads, 2, "Threads of a step of one engine");
ABSL_FLAG(int, replicas, 1,
          "Engines that share the weights, each on a thread of its own");
ABSL_FLAG(int, repetitions, 3, "Measured passes over all texts");
ABSL_FLAG(std::string, output, "",
          "File for the unit vectors of all texts (.npy)");

namespace parley {
namespace {

// Texts that are all there at once may take more of a step than the server
// gives those that come one after the other (--max_encoder_tokens_per_step).
constexpr StepBudget kStepBudget = {.max_encoder_tokens = 4096};
// A pass of an encoder engine.
constexpr int64_t kReplicaTokens = 512;

using Vectors = std::vector<std::vector<float>>;

absl::Status EmbedBatch(Engine& engine,
                        absl::Span<const std::vector<TokenId>> batch,
                        absl::Span<std::vector<float>> vectors) {
  StepResult result;
  size_t num_admitted = 0;
  while (num_admitted < batch.size() || engine.num_tasks() > 0) {
    while (num_admitted < batch.size()) {
      Task task;
      task.source_ids = batch[num_admitted];
      task.encode.pooling = {Pooling::kMean};
      const absl::Status admitted = engine.Admit(num_admitted, std::move(task));
      if (absl::IsResourceExhausted(admitted)) break;
      PARLEY_RETURN_IF_ERROR(admitted);
      ++num_admitted;
    }
    PARLEY_RETURN_IF_ERROR(engine.Step(kStepBudget, &result));
    for (FailedTask& failed : result.failed) return failed.status;
    for (FinishedTask& finished : result.finished) {
      vectors[finished.id] = std::move(finished.result.encoded.values);
    }
  }
  return absl::OkStatus();
}

// Texts that an engine takes at a time. With several engines each takes the
// next ones when it is done with its last, as replicas do from their queue: a
// step's budget of tokens and no more, so that all end at about the same time.
size_t NextCount(absl::Span<const std::vector<TokenId>> waiting,
                 int num_engines) {
  if (num_engines == 1) return waiting.size();
  int64_t num_tokens = 0;
  size_t count = 0;
  for (const std::vector<TokenId>& text : waiting) {
    num_tokens += static_cast<int64_t>(text.size());
    if (count > 0 && num_tokens > kReplicaTokens) break;
    ++count;
  }
  return count;
}

// One batch on all engines at once, the first on the calling thread.
absl::Status EmbedOnAll(LoadedModel& model,
                        absl::Span<const std::vector<TokenId>> batch,
                        absl::Span<std::vector<float>> vectors) {
  const int num_engines = static_cast<int>(model.engines.size());
  // Where each share begins, and where the last one ends.
  std::vector<size_t> begins = {0};
  while (begins.back() < batch.size()) {
    begins.push_back(begins.back() +
                     NextCount(batch.subspan(begins.back()), num_engines));
  }
  std::atomic<size_t> next = 0;
  std::vector<absl::Status> statuses(num_engines);
  const auto work = [&](int engine) {
    for (size_t i = next++; i + 1 < begins.size(); i = next++) {
      const size_t count = begins[i + 1] - begins[i];
      const absl::Status embedded =
          EmbedBatch(*model.engines[engine], batch.subspan(begins[i], count),
                     vectors.subspan(begins[i], count));
      if (embedded.ok()) continue;
      statuses[engine] = embedded;
      return;
    }
  };
  std::vector<std::thread> threads;
  for (int engine = 1; engine < num_engines; ++engine) {
    threads.emplace_back(work, engine);
  }
  work(0);
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) {
    PARLEY_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::StatusOr<Vectors> EmbedAll(LoadedModel& model, const TokenLists& texts) {
  const size_t batch_size = absl::GetFlag(FLAGS_batch_size);
  Vectors vectors(texts.size());
  for (size_t begin = 0; begin < texts.size(); begin += batch_size) {
    const size_t count = std::min(batch_size, texts.size() - begin);
    PARLEY_RETURN_IF_ERROR(
        EmbedOnAll(model, absl::MakeSpan(texts).subspan(begin, count),
                   absl::MakeSpan(vectors).subspan(begin, count)));
  }
  return vectors;
}

// Measures one pass over all texts and prints its JSON line.
absl::StatusOr<Vectors> MeasurePass(LoadedModel& model,
                                    const TokenLists& texts) {
  size_t num_tokens = 0;
  for (const std::vector<TokenId>& text : texts) num_tokens += text.size();
  const absl::Time start = absl::Now();
  PARLEY_ASSIGN_OR_RETURN(Vectors vectors, EmbedAll(model, texts));
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  std::printf("{\"tokens\": %zu, \"seconds\": %.6f}\n", num_tokens, seconds);
  return vectors;
}

// NumPy's format, version 1.0: [num_texts, embedding_dim], float32.
void WriteUnitVectors(const std::string& path, const Vectors& vectors) {
  constexpr size_t kPrefixBytes = 10;  // Magic, version, header's length.
  std::string header = absl::StrFormat(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }",
      vectors.size(), vectors.empty() ? 0 : vectors[0].size());
  header.append(63 - (kPrefixBytes + header.size()) % 64, ' ');
  header.push_back('\n');
  std::ofstream file(path, std::ios::binary);
  file.write("\x93NUMPY\x01\x00", 8);
  const uint16_t length = header.size();
  file.write(reinterpret_cast<const char*>(&length), sizeof(length));
  file << header;
  for (std::vector<float> vector : vectors) {
    double square = 0;
    for (const float x : vector) square += double{x} * x;
    for (float& x : vector) x /= std::sqrt(square);
    file.write(reinterpret_cast<const char*>(vector.data()),
               vector.size() * sizeof(float));
  }
}

absl::Status Run() {
  const int num_threads = absl::GetFlag(FLAGS_num_threads);
  const int num_replicas = std::max(1, absl::GetFlag(FLAGS_replicas));
  PARLEY_ASSIGN_OR_RETURN(const TokenLists texts,
                          ReadTokenFile(absl::GetFlag(FLAGS_inputs)));
  PARLEY_ASSIGN_OR_RETURN(
      LoadedModel model,
      LoadModel(
          absl::GetFlag(FLAGS_model),
          {.compute_type = ParseComputeType(absl::GetFlag(FLAGS_compute_type)),
           .num_threads = num_threads,
           .num_replicas = num_replicas},
          [](absl::string_view, double) {}));
  if (model.info.kind != ModelKind::kEncoder) {
    return absl::InvalidArgumentError("--model is not an embedding model");
  }
  std::fprintf(stderr, "%s, %d x %d threads, %zu texts\n",
               kernels::DescribeBackend().c_str(), num_replicas, num_threads,
               texts.size());
  // One pass unmeasured: memory is touched, clocks come up.
  PARLEY_ASSIGN_OR_RETURN(Vectors vectors, EmbedAll(model, texts));
  for (int i = 0; i < absl::GetFlag(FLAGS_repetitions); ++i) {
    PARLEY_ASSIGN_OR_RETURN(vectors, MeasurePass(model, texts));
  }
  if (!absl::GetFlag(FLAGS_output).empty()) {
    WriteUnitVectors(absl::GetFlag(FLAGS_output), vectors);
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace parley

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Measures an embedding engine; prints a JSON line a repetition.");
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
