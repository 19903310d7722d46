// What a person sees while a server starts.
#ifndef PARLEY_SERVER_STARTUP_REPORT_H_
#define PARLEY_SERVER_STARTUP_REPORT_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/api/model.h"
#include "server/registry/registry.h"

namespace parley {

// Shows how far a model's loading is: on a terminal as one line that changes,
// else as a line for each stage. One thread.
class LoadDisplay {
 public:
  struct Options {
    bool is_terminal = false;
    bool is_logged = false;  // Stages are lines of the log.
  };

  // `out` must outlive the display.
  LoadDisplay(std::string model_name, const Options& options,
              std::ostream* out);

  // As LoadProgress.
  void Update(absl::string_view stage, double done);

  // Leaves the line, where there is one.
  void Finish();

 private:
  const std::string model_name_;
  const Options options_;
  std::ostream* const out_;
  std::string stage_;
  int percent_ = -1;
};

// Where a server listens; empty: not at all.
struct Addresses {
  std::string grpc;
  std::string admin;
  std::string metrics;
};

// The one line that says that the server is ready: "parley-server ready: grpc
// 127.0.0.1:8470, admin 127.0.0.1:8471, metrics 127.0.0.1:9464, models: demo
// (translation, 4 pairs,
// f32), minilm (encoder, BertModel, 384 dimensions, 256 tokens, f32)".
std::string ReadyLine(const Addresses& addresses,
                      const std::vector<ModelEntry>& models);

}  // namespace parley

#endif  // PARLEY_SERVER_STARTUP_REPORT_H_
