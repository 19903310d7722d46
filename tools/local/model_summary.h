// What is to be said of a model directory.
#ifndef PARLEY_TOOLS_LOCAL_MODEL_SUMMARY_H_
#define PARLEY_TOOLS_LOCAL_MODEL_SUMMARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/api/model.h"
#include "engine/tensor/dtype.h"
#include "engine/tensor/tensor.h"
#include "engine/weights/converted_format.h"

namespace parley::tools {

struct StoredTensor {
  std::string name;  // As the file has it.
  DType dtype = DType::kF32;
  Shape shape;
  int64_t num_bytes = 0;
};

// One file of weights.
struct StoredWeights {
  std::string path;  // Seen from the model's directory.
  int64_t file_bytes = 0;
  std::vector<StoredTensor> tensors;  // By name.
  // Where `parley convert` wrote it.
  std::optional<ConvertedFormat> converted;
};

// "int8" of a converted model, else the types of its numbers: "F16, F32".
std::string StoredPrecision(const StoredWeights& weights);

// The files of weights of a model directory, without loading it: the model's
// own first, then those of dense layers behind it.
absl::StatusOr<std::vector<StoredWeights>> ReadStoredWeights(
    const std::string& directory);

// Of all files in it but hidden ones.
int64_t DirectoryBytes(const std::string& directory);

struct ModelSummary {
  std::string directory;
  ModelInfo info;
  std::vector<StoredWeights> weights;  // As ReadStoredWeights gives them.
  int64_t directory_bytes = 0;
};

// Reads the directory, and loads the model to be sure that what is said is what
// a server would find. Errors are those of LoadModel and name the file at
// fault. `progress` is called on a thread of its own while this one waits.
absl::StatusOr<ModelSummary> SummarizeModel(const std::string& directory,
                                            const LoadProgress& progress);

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_MODEL_SUMMARY_H_
