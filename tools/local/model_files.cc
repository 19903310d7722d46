#include "tools/local/model_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "nlohmann/json.hpp"

namespace parley::tools {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kWeightExtensions[] = {
    ".safetensors", ".h5",  ".msgpack", ".ot",   ".onnx",  ".npz",
    ".pt",          ".pth", ".ckpt",    ".gguf", ".tflite"};
constexpr absl::string_view kOtherRuntimes[] = {"onnx", "openvino", "coreml"};

bool IsWeights(const fs::path& path) {
  const std::string name = path.filename().string();
  const bool is_torch =
      absl::StartsWith(name, "pytorch_model") && absl::EndsWith(name, ".bin");
  return is_torch || absl::EndsWith(name, ".index.json") ||
         absl::c_linear_search(kWeightExtensions, path.extension().string());
}

bool IsOtherRuntimes(const fs::path& relative) {
  return absl::c_linear_search(kOtherRuntimes, relative.begin()->string());
}

absl::Status CopyOne(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (!error) fs::copy_file(from, to, error);
  if (!error) return absl::OkStatus();
  return absl::ErrnoToStatus(
      error.value(),
      absl::StrCat(from.string(), " cannot be copied to ", to.string()));
}

}  // namespace

absl::StatusOr<CopiedFiles> CopyModelFiles(const std::string& from,
                                           const std::string& to,
                                           const std::string& weights_folder) {
  CopiedFiles files;
  std::error_code error;
  fs::recursive_directory_iterator file(from, error);
  for (; !error && file != fs::recursive_directory_iterator();
       file.increment(error)) {
    const fs::path relative = file->path().lexically_relative(from);
    std::error_code ignored;
    if (relative.filename().native().front() == '.') {
      file.disable_recursion_pending();
    } else if (file->is_directory(ignored) && IsOtherRuntimes(relative)) {
      files.left_out.push_back(relative.string() + "/");
      file.disable_recursion_pending();
    } else if (!file->is_regular_file(ignored)) {
      continue;  // A folder, which comes to be with its files.
    } else if (IsWeights(relative) &&
               relative.parent_path() == fs::path(weights_folder)) {
      files.left_out.push_back(relative.string());
    } else {
      PARLEY_RETURN_IF_ERROR(CopyOne(file->path(), to / relative));
      files.copied.push_back(relative.string());
    }
  }
  if (error) {
    return absl::ErrnoToStatus(error.value(),
                               absl::StrCat(from, " cannot be listed"));
  }
  std::sort(files.copied.begin(), files.copied.end());
  std::sort(files.left_out.begin(), files.left_out.end());
  return files;
}

absl::Status ForgetComputeType(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return absl::OkStatus();
  // Whoever loads the model says what is malformed.
  auto json = nlohmann::ordered_json::parse(file, nullptr, false);
  if (!json.is_object() || json.erase("compute_type") == 0) {
    return absl::OkStatus();
  }
  std::ofstream out(path, std::ios::binary);
  out << json.dump(2, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace)
      << "\n";
  out.close();
  if (out.good()) return absl::OkStatus();
  return absl::UnknownError(absl::StrCat(path, " cannot be written"));
}

}  // namespace parley::tools
