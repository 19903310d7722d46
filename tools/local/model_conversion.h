// From a model directory to one whose weights need no packing.
#ifndef PARLEY_TOOLS_LOCAL_MODEL_CONVERSION_H_
#define PARLEY_TOOLS_LOCAL_MODEL_CONVERSION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/api/compute_type.h"
#include "engine/api/model.h"
#include "tools/local/output_directory.h"

namespace parley::tools {

struct ConversionOptions {
  std::string input;
  std::string output;
  ComputeType compute_type = ComputeType::kInt8;  // Or kBF16.
  Existing existing = Existing::kRefuse;
};

struct ConversionReport {
  std::string precision_before;  // "F16".
  int64_t num_parameters = 0;
  int64_t weight_bytes_before = 0;  // Of the model's own file of weights.
  int64_t weight_bytes = 0;
  int64_t directory_bytes = 0;
  std::vector<std::string> left_out;  // Files, seen from the input.
};

// Loads the model at `input` in the compute type, writes its weights and the
// files beside them to `output`, and loads that again before it stands there.
// Errors name the file at fault; then nothing is left behind. INVALID_ARGUMENT
// where the input is a converted model. Calls `progress` while this waits.
absl::StatusOr<ConversionReport> ConvertModel(const ConversionOptions& options,
                                              const LoadProgress& progress);

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_MODEL_CONVERSION_H_
