#include "engine/runtime/loader.h"

#include <filesystem>
#include <thread>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/onednn/isa.h"
#include "engine/layers/thread_team.h"
#include "engine/models/config_reader.h"
#include "engine/models/encoder_config.h"
#include "engine/runtime/encoder_loader.h"
#include "engine/runtime/marian_loader.h"
#include "engine/runtime/model_source.h"
#include "engine/runtime/parley_json.h"
#include "engine/runtime/sentence_transformers.h"
#include "engine/weights/json_file.h"

namespace parley {
namespace {

std::string FolderName(const std::string& directory) {
  const std::filesystem::path path =
      std::filesystem::path(directory).lexically_normal();
  return path.has_filename() ? path.filename().string()
                             : path.parent_path().filename().string();
}

absl::StatusOr<LoadedModel> LoadOnThisThread(const std::string& directory,
                                             LoadOptions options,
                                             const LoadProgress& progress,
                                             WeightSink* sink) {
  PARLEY_CHECK(options.num_replicas >= 1) << options.num_replicas;
  kernels::LimitKernelsToIsa();
  SetTeamSize(options.num_threads);
  progress("reading configuration", 0.0);
  // config.json may be in a folder that modules.json names.
  PARLEY_ASSIGN_OR_RETURN(const SentenceTransformers sentences,
                          ReadSentenceTransformers(directory));
  PARLEY_ASSIGN_OR_RETURN(
      const JsonFile config,
      JsonFile::Read(
          absl::StrCat(sentences.transformer_directory, "/config.json")));
  PARLEY_ASSIGN_OR_RETURN(const std::string type,
                          ReadString(config, "model_type", "(missing)"));
  ModelSource source = {.directory = directory, .sink = sink};
  PARLEY_ASSIGN_OR_RETURN(source.parley_json, ReadParleyJson(directory));
  if (!options.compute_type.has_value()) {
    options.compute_type = source.parley_json.compute_type;
  }
  source.display_name =
      source.parley_json.display_name.value_or(FolderName(directory));
  absl::StatusOr<LoadedModel> loaded;
  std::vector<absl::string_view> types = EncoderModelTypes();
  if (type == "marian") {
    loaded = LoadMarianModel(source, options, progress);
  } else if (absl::c_linear_search(types, type)) {
    PARLEY_RETURN_IF_ERROR(
        RefuseTranslationKeys(source.parley_json, directory));
    loaded = LoadEncoderModel({source, sentences, config}, options, progress);
  } else {
    types.push_back("marian");
    return absl::UnimplementedError(
        absl::StrCat(config.path(), ": \"model_type\" is \"", type,
                     "\"; supported are ", absl::StrJoin(types, ", ")));
  }
  PARLEY_RETURN_IF_ERROR(loaded.status());
  loaded->info.widens_bf16 =
      loaded->info.compute_type == ComputeType::kBF16 && kernels::WidensBF16();
  loaded->info.share = source.parley_json.share.value_or(loaded->info.share);
  return loaded;
}

}  // namespace

absl::StatusOr<LoadedModel> LoadModel(const std::string& directory,
                                      const LoadOptions& options,
                                      const LoadProgress& progress) {
  return LoadModelInto(directory, options, progress, nullptr);
}

absl::StatusOr<LoadedModel> LoadModelInto(const std::string& directory,
                                          const LoadOptions& options,
                                          const LoadProgress& progress,
                                          WeightSink* sink) {
  // Packing takes a thread team, which libgomp keeps for as long as its thread
  // lives; a second one beside the runner's would be more threads than CPUs,
  // and make every barrier slow. So loading has a thread that ends with it.
  absl::StatusOr<LoadedModel> loaded;
  std::thread loading(
      [&] { loaded = LoadOnThisThread(directory, options, progress, sink); });
  loading.join();
  return loaded;
}

}  // namespace parley
