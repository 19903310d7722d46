// What calls ask for.
#ifndef PARLEY_BENCH_LOAD_WORKLOAD_H_
#define PARLEY_BENCH_LOAD_WORKLOAD_H_

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bench/load/texts.h"
#include "parley/v1/call.pb.h"
#include "parley/v1/embedding.pb.h"
#include "parley/v1/translation.pb.h"

namespace parley::load {

struct WorkloadOptions {
  std::string translation_model;
  std::string source_language;
  std::string target_language;
  std::string embedding_model;
  // Part of the calls that embed, 0 to 1; the others translate.
  double embedding_share = 0;
  int texts_per_call = 1;
  // Of translations: as the messages have them.
  v1::TranslateOptions translate_options;
  v1::CallOptions call_options;
  // Part of the calls that are cancelled, each at a time of its own within so
  // long after it was sent.
  double cancel_share = 0;
  absl::Duration cancel_within = absl::Milliseconds(200);
  TextOptions texts;
};

// One call that is to be made.
struct CallPlan {
  // Whichever is set.
  std::optional<v1::TranslateRequest> translate;
  std::optional<v1::EmbedRequest> embed;
  TextKind kind = TextKind::kLine;             // Of its first text.
  std::optional<absl::Duration> cancel_after;  // Since it was sent.
};

// Draws calls. One thread at a time.
class Workload {
 public:
  // REQUIRES: `lines` hold a word at least.
  Workload(const WorkloadOptions& options, std::vector<std::string> lines);

  CallPlan Draw() { return Draw(options_.texts_per_call); }
  CallPlan Draw(int num_texts);

  int texts_per_call() const { return options_.texts_per_call; }

 private:
  const WorkloadOptions options_;
  TextSource texts_;
  std::mt19937_64 generator_;
};

}  // namespace parley::load

#endif  // PARLEY_BENCH_LOAD_WORKLOAD_H_
