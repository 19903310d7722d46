#include "tools/local/model_summary.h"

#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "engine/runtime/loader.h"
#include "engine/runtime/sentence_transformers.h"
#include "engine/weights/weight_file.h"

namespace parley::tools {
namespace {

namespace fs = std::filesystem;

// 0 where it cannot be looked at.
int64_t FileBytes(const fs::path& path) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

absl::StatusOr<StoredWeights> ReadWeights(const std::string& model_directory,
                                          const std::string& directory) {
  PARLEY_ASSIGN_OR_RETURN(const std::unique_ptr<WeightFile> file,
                          OpenModelWeights(directory));
  StoredWeights weights;
  weights.path =
      fs::path(file->path()).lexically_relative(model_directory).string();
  weights.file_bytes = FileBytes(file->path());
  for (std::string& name : file->names()) {
    const TensorView& tensor = *file->Find(name);
    weights.tensors.push_back(
        {.name = std::move(name),
         .dtype = tensor.dtype,
         .shape = tensor.shape,
         .num_bytes = static_cast<int64_t>(tensor.data.size())});
  }
  PARLEY_ASSIGN_OR_RETURN(weights.converted, ReadConvertedFormat(*file));
  return weights;
}

absl::Status CheckIsDirectory(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat(path,
                   " is not a directory; expected one with a "
                   "config.json, as a hub gives it"));
}

bool IsFraction(DType dtype) {
  return dtype == DType::kF16 || dtype == DType::kBF16 ||
         dtype == DType::kF32 || dtype == DType::kF64;
}

}  // namespace

std::string StoredPrecision(const StoredWeights& weights) {
  if (weights.converted.has_value()) return weights.converted->compute_type;
  // Files hold integers beside them, such as position ids, that are no weights.
  std::set<absl::string_view> names;
  for (const StoredTensor& tensor : weights.tensors) {
    if (IsFraction(tensor.dtype)) names.insert(DTypeName(tensor.dtype));
  }
  return absl::StrJoin(names, ", ");
}

absl::StatusOr<std::vector<StoredWeights>> ReadStoredWeights(
    const std::string& directory) {
  PARLEY_RETURN_IF_ERROR(CheckIsDirectory(directory));
  PARLEY_ASSIGN_OR_RETURN(const SentenceTransformers sentences,
                          ReadSentenceTransformers(directory));
  std::vector<std::string> directories = {sentences.transformer_directory};
  for (const DenseModule& module : sentences.dense) {
    directories.push_back(module.directory);
  }
  std::vector<StoredWeights> all;
  for (const std::string& each : directories) {
    PARLEY_ASSIGN_OR_RETURN(StoredWeights weights,
                            ReadWeights(directory, each));
    all.push_back(std::move(weights));
  }
  return all;
}

int64_t DirectoryBytes(const std::string& directory) {
  int64_t num_bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator file(directory, error);
  for (; !error && file != fs::recursive_directory_iterator();
       file.increment(error)) {
    std::error_code ignored;
    if (file->path().filename().native().front() == '.') {
      file.disable_recursion_pending();
    } else if (file->is_regular_file(ignored)) {
      num_bytes += FileBytes(file->path());
    }
  }
  return num_bytes;
}

absl::StatusOr<ModelSummary> SummarizeModel(const std::string& directory,
                                            const LoadProgress& progress) {
  PARLEY_RETURN_IF_ERROR(CheckIsDirectory(directory));
  ModelSummary summary = {.directory = directory};
  PARLEY_ASSIGN_OR_RETURN(LoadedModel model,
                          LoadModel(directory, LoadOptions(), progress));
  summary.info = std::move(model.info);
  PARLEY_ASSIGN_OR_RETURN(summary.weights, ReadStoredWeights(directory));
  summary.directory_bytes = DirectoryBytes(directory);
  return summary;
}

}  // namespace parley::tools
