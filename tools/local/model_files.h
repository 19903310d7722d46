// The files of a model directory beside its weights.
#ifndef PARLEY_TOOLS_LOCAL_MODEL_FILES_H_
#define PARLEY_TOOLS_LOCAL_MODEL_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parley::tools {

struct CopiedFiles {
  std::vector<std::string> copied;    // Seen from the directory, sorted.
  std::vector<std::string> left_out;  // The same.
};

// Copies all of `from` to `to`, which is there, but for hidden files, the
// weights of the model in any framework's format, and what runtimes put into
// folders of their own (onnx, openvino). Links to files are followed, as caches
// of hubs have them. `weights_folder` is where in `from` the model's weights
// lie: "" for itself. Weights in other folders, such as those of dense layers,
// are copied.
absl::StatusOr<CopiedFiles> CopyModelFiles(const std::string& from,
                                           const std::string& to,
                                           const std::string& weights_folder);

// Takes "compute_type" out of a parley.json, where there are both: what was
// meant for the weights as they came may not fit converted ones.
absl::Status ForgetComputeType(const std::string& path);

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_MODEL_FILES_H_
