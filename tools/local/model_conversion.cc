#include "tools/local/model_conversion.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/runtime/loader.h"
#include "tools/local/converted_weights.h"
#include "tools/local/model_files.h"
#include "tools/local/model_summary.h"

namespace parley::tools {
namespace {

namespace fs = std::filesystem;

// Shares of the time that the parts take, about.
constexpr double kLoaded = 0.5;
constexpr double kWritten = 0.8;

LoadOptions OptionsOfAllThreads() {
  LoadOptions options;
  options.num_threads =
      std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return options;
}

LoadProgress Within(const LoadProgress& progress, double begin, double end) {
  return [&progress, begin, end](absl::string_view stage, double done) {
    progress(stage, begin + (end - begin) * done);
  };
}

// Loads the weights and writes them to `path`. Fills the report's sizes.
absl::Status WriteWeights(const ConversionOptions& options,
                          const std::string& path, const LoadProgress& progress,
                          ConversionReport& report) {
  ConvertedWeights weights(options.compute_type);
  LoadOptions load_options = OptionsOfAllThreads();
  load_options.compute_type = options.compute_type;
  PARLEY_ASSIGN_OR_RETURN(
      const LoadedModel model,
      LoadModelInto(options.input, load_options, Within(progress, 0, kLoaded),
                    &weights));
  report.num_parameters = model.info.num_parameters;
  PARLEY_ASSIGN_OR_RETURN(
      report.weight_bytes, weights.Write(path, [&](double done) {
        progress("writing weights", kLoaded + (kWritten - kLoaded) * done);
      }));
  return absl::OkStatus();
}

// Loads what was written, as a server would.
absl::Status Verify(const ConversionOptions& options, const std::string& path,
                    const LoadProgress& progress) {
  PARLEY_ASSIGN_OR_RETURN(
      const LoadedModel model,
      LoadModel(path, OptionsOfAllThreads(), Within(progress, kWritten, 1.0)));
  if (model.info.compute_type == options.compute_type) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat(path, ": what was written loads as ",
                   ComputeTypeName(model.info.compute_type)));
}

}  // namespace

absl::StatusOr<ConversionReport> ConvertModel(const ConversionOptions& options,
                                              const LoadProgress& progress) {
  progress("reading weights", 0);
  PARLEY_ASSIGN_OR_RETURN(const std::vector<StoredWeights> stored,
                          ReadStoredWeights(options.input));
  const StoredWeights& before = stored.front();
  if (before.converted.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.input, "/", before.path, " is converted to ",
                     before.converted->compute_type,
                     " already; expected the model as it came from the hub"));
  }
  ConversionReport report = {.precision_before = StoredPrecision(before),
                             .weight_bytes_before = before.file_bytes};
  PARLEY_ASSIGN_OR_RETURN(
      const std::unique_ptr<OutputDirectory> output,
      OutputDirectory::Create(options.output, options.input, options.existing));
  const fs::path folder = fs::path(before.path).parent_path();
  const fs::path partial = output->partial_path();
  PARLEY_ASSIGN_OR_RETURN(
      CopiedFiles files,
      CopyModelFiles(options.input, partial.string(), folder.string()));
  report.left_out = std::move(files.left_out);
  PARLEY_RETURN_IF_ERROR(ForgetComputeType((partial / "parley.json").string()));
  const fs::path weights = partial / folder / "model.safetensors";
  PARLEY_RETURN_IF_ERROR(
      WriteWeights(options, weights.string(), progress, report));
  PARLEY_RETURN_IF_ERROR(Verify(options, partial.string(), progress));
  report.directory_bytes = DirectoryBytes(partial.string());
  PARLEY_RETURN_IF_ERROR(output->Commit());
  return report;
}

}  // namespace parley::tools
