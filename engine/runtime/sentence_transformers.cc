#include "engine/runtime/sentence_transformers.h"

#include <array>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "engine/models/config_reader.h"
#include "engine/weights/json_file.h"

namespace parley {
namespace {

struct PoolingName {
  absl::string_view name;
  absl::string_view old_flag;  // From before "pooling_mode".
  Pooling pooling;
};
// In the order in which flags are concatenated.
constexpr PoolingName kPoolings[] = {
    {"cls", "pooling_mode_cls_token", Pooling::kCls},
    {"max", "pooling_mode_max_tokens", Pooling::kMax},
    {"mean", "pooling_mode_mean_tokens", Pooling::kMean},
    {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens",
     Pooling::kMeanSqrtLength},
    {"weightedmean", "pooling_mode_weightedmean_tokens",
     Pooling::kWeightedMean},
    {"lasttoken", "pooling_mode_lasttoken", Pooling::kLastToken}};

// nullopt where there is no such file.
absl::StatusOr<std::optional<JsonFile>> ReadIfThere(const std::string& path) {
  absl::StatusOr<JsonFile> file = JsonFile::Read(path);
  if (absl::IsNotFound(file.status())) return std::optional<JsonFile>();
  PARLEY_RETURN_IF_ERROR(file.status());
  return std::optional<JsonFile>(*std::move(file));
}

absl::StatusOr<Pooling> PoolingOf(const JsonFile& file,
                                  absl::string_view name) {
  std::vector<absl::string_view> names;
  for (const PoolingName& row : kPoolings) {
    if (row.name == name) return row.pooling;
    names.push_back(row.name);
  }
  return absl::UnimplementedError(
      absl::StrCat(file.path(), ": \"pooling_mode\" is \"", name,
                   "\"; supported are ", absl::StrJoin(names, ", ")));
}

absl::StatusOr<std::vector<Pooling>> ReadPoolingModes(const JsonFile& file) {
  std::vector<Pooling> modes;
  if (!file.Has("pooling_mode")) {
    for (const PoolingName& row : kPoolings) {
      PARLEY_ASSIGN_OR_RETURN(const bool is_set,
                              ReadBool(file, row.old_flag, false));
      if (is_set) modes.push_back(row.pooling);
    }
    if (modes.empty()) modes.push_back(Pooling::kMean);
    return modes;
  }
  // One name, or several.
  std::vector<std::string> names;
  if (const auto list = file.GetStrings("pooling_mode"); list.ok()) {
    names = **list;
  } else {
    PARLEY_ASSIGN_OR_RETURN(const std::string name,
                            ReadString(file, "pooling_mode", ""));
    names = {name};
  }
  for (const std::string& name : names) {
    PARLEY_ASSIGN_OR_RETURN(const Pooling mode, PoolingOf(file, name));
    modes.push_back(mode);
  }
  if (modes.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.path(), ": \"pooling_mode\" is empty"));
  }
  return modes;
}

absl::Status ReadPooling(const std::string& directory,
                         SentenceTransformers* result) {
  PARLEY_ASSIGN_OR_RETURN(const JsonFile file, JsonFile::Read(absl::StrCat(
                                                   directory, "/config.json")));
  PARLEY_ASSIGN_OR_RETURN(result->pooling, ReadPoolingModes(file));
  PARLEY_ASSIGN_OR_RETURN(result->pools_prompt,
                          ReadBool(file, "include_prompt", true));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<kernels::Activation>> ReadDenseActivation(
    const JsonFile& file) {
  constexpr absl::string_view kKey = "activation_function";
  PARLEY_ASSIGN_OR_RETURN(
      const std::string path,
      ReadString(file, kKey, "torch.nn.modules.activation.Tanh"));
  const std::vector<absl::string_view> parts = absl::StrSplit(path, '.');
  struct Row {
    absl::string_view name;
    std::optional<kernels::Activation> activation;
  };
  constexpr std::array<Row, 5> kRows = {
      {{"Identity", std::nullopt},
       {"Tanh", kernels::Activation::kTanh},
       {"ReLU", kernels::Activation::kRelu},
       {"GELU", kernels::Activation::kGelu},
       {"SiLU", kernels::Activation::kSwish}}};
  std::vector<absl::string_view> names;
  for (const Row& row : kRows) {
    if (absl::StartsWith(path, "torch.nn.") && row.name == parts.back()) {
      return row.activation;
    }
    names.push_back(row.name);
  }
  return absl::UnimplementedError(absl::StrCat(
      file.path(), ": \"", kKey, "\" is \"", path,
      "\"; supported are torch.nn's ", absl::StrJoin(names, ", ")));
}

absl::StatusOr<DenseModule> ReadDense(const std::string& directory) {
  PARLEY_ASSIGN_OR_RETURN(const JsonFile file, JsonFile::Read(absl::StrCat(
                                                   directory, "/config.json")));
  DenseModule dense = {.directory = directory};
  const IntRange width = {.low = 1, .high = 1 << 16};
  PARLEY_ASSIGN_OR_RETURN(dense.in_features,
                          ReadInt(file, "in_features", width));
  PARLEY_ASSIGN_OR_RETURN(dense.out_features,
                          ReadInt(file, "out_features", width));
  PARLEY_ASSIGN_OR_RETURN(dense.has_bias, ReadBool(file, "bias", true));
  PARLEY_ASSIGN_OR_RETURN(dense.activation, ReadDenseActivation(file));
  PARLEY_ASSIGN_OR_RETURN(const bool residual,
                          ReadBool(file, "use_residual", false));
  if (residual) {
    return absl::UnimplementedError(absl::StrCat(
        file.path(), ": \"use_residual\" is true; it is not supported"));
  }
  constexpr absl::string_view kVector = "sentence_embedding";
  for (const absl::string_view key :
       {"module_input_name", "module_output_name"}) {
    PARLEY_ASSIGN_OR_RETURN(const std::string name,
                            ReadString(file, key, kVector));
    if (name != kVector) {
      return absl::UnimplementedError(
          absl::StrCat(file.path(), ": \"", key, "\" is \"", name,
                       "\"; supported is \"", kVector, "\""));
    }
  }
  return dense;
}

// The settings of the module that holds the model itself.
absl::Status ReadTransformer(const std::string& directory,
                             SentenceTransformers* result) {
  result->transformer_directory = directory;
  for (const absl::string_view name :
       {"sentence_bert_config.json", "sentence_roberta_config.json",
        "sentence_distilbert_config.json", "sentence_camembert_config.json",
        "sentence_xlm-roberta_config.json"}) {
    PARLEY_ASSIGN_OR_RETURN(const std::optional<JsonFile> file,
                            ReadIfThere(absl::StrCat(directory, "/", name)));
    if (!file.has_value()) continue;
    PARLEY_ASSIGN_OR_RETURN(const int max_tokens,
                            ReadInt(*file, "max_seq_length",
                                    {.low = 1, .high = 1 << 30, .unset = 0}));
    if (max_tokens > 0) result->max_tokens = max_tokens;
    PARLEY_ASSIGN_OR_RETURN(result->lowercase,
                            ReadBool(*file, "do_lower_case", false));
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

// The modules in their order, as what they are to end in.
class ModuleReader {
 public:
  ModuleReader(const std::string& directory, SentenceTransformers* result)
      : directory_(directory), result_(result) {}

  absl::Status Read(const JsonFile& module) {
    PARLEY_ASSIGN_OR_RETURN(const std::string kind, KindOf(module));
    PARLEY_ASSIGN_OR_RETURN(const std::string path, PathOf(module));
    if ((last_ == "") != (kind == "Transformer")) return WrongOrder(module);
    if (kind == "Pooling") {
      if (last_ != "Transformer") return WrongOrder(module);
      PARLEY_RETURN_IF_ERROR(ReadPooling(path, result_));
    } else if (kind == "Dense") {
      if (last_ != "Pooling" && last_ != "Dense") return WrongOrder(module);
      PARLEY_ASSIGN_OR_RETURN(DenseModule dense, ReadDense(path));
      result_->dense.push_back(std::move(dense));
    } else if (kind == "Normalize") {
      if (last_ == "Transformer") return WrongOrder(module);
      result_->normalizes = true;
    } else if (kind == "Transformer") {
      PARLEY_RETURN_IF_ERROR(ReadTransformer(path, result_));
    }
    if (kind != "Dropout") last_ = kind;  // Of no effect but in training.
    return absl::OkStatus();
  }

  // REQUIRES: all modules have been read.
  absl::Status CheckEnd(absl::string_view path) const {
    if (last_ != "" && last_ != "Transformer") return absl::OkStatus();
    return absl::UnimplementedError(
        absl::StrCat(path, ": expected a Transformer and a Pooling at least"));
  }

 private:
  static absl::StatusOr<std::string> TypeOf(const JsonFile& module) {
    PARLEY_ASSIGN_OR_RETURN(const std::string type,
                            ReadString(module, "type", ""));
    if (!type.empty()) return type;
    return absl::InvalidArgumentError(
        absl::StrCat(module.path(), ": \"type\" is missing"));
  }

  // The class without the packages, which every version has in other places.
  static absl::StatusOr<std::string> KindOf(const JsonFile& module) {
    PARLEY_ASSIGN_OR_RETURN(const std::string type, TypeOf(module));
    const std::vector<std::string> parts = absl::StrSplit(type, '.');
    for (const absl::string_view kind :
         {"Transformer", "Pooling", "Dense", "Normalize", "Dropout"}) {
      if (parts.front() == "sentence_transformers" && parts.back() == kind) {
        return parts.back();
      }
    }
    return absl::UnimplementedError(absl::StrCat(
        module.path(), ": \"type\" is \"", type,
        "\"; supported are sentence_transformers' Transformer, Pooling, Dense, "
        "Normalize and Dropout"));
  }

  // Where the module's files are; never outside of the model's directory.
  absl::StatusOr<std::string> PathOf(const JsonFile& module) const {
    PARLEY_ASSIGN_OR_RETURN(const std::string path,
                            ReadString(module, "path", ""));
    if (path.empty()) return directory_;
    for (const absl::string_view part : absl::StrSplit(path, '/')) {
      if (part.empty() || part == "..") {
        return absl::InvalidArgumentError(absl::StrCat(
            module.path(), ": \"path\" is \"", path,
            "\", expected one of a folder in the model's directory"));
      }
    }
    return absl::StrCat(directory_, "/", path);
  }

  absl::Status WrongOrder(const JsonFile& module) const {
    PARLEY_ASSIGN_OR_RETURN(const std::string type, TypeOf(module));
    return absl::UnimplementedError(absl::StrCat(
        module.path(), ": ", type, " behind ",
        last_.empty() ? "nothing" : last_,
        "; supported is Transformer, Pooling, any number of Dense, Normalize"));
  }

  const std::string directory_;
  SentenceTransformers* const result_;
  std::string last_;  // Kind of the module before; empty at first.
};

absl::StatusOr<SimilarityMeasure> ReadSimilarity(const JsonFile& file) {
  PARLEY_ASSIGN_OR_RETURN(const std::string name,
                          ReadString(file, "similarity_fn_name", "cosine"));
  if (name == "cosine") return SimilarityMeasure::kCosine;
  if (name == "dot") return SimilarityMeasure::kDot;
  if (name == "euclidean") return SimilarityMeasure::kEuclidean;
  if (name == "manhattan") return SimilarityMeasure::kManhattan;
  return absl::UnimplementedError(
      absl::StrCat(file.path(), ": \"similarity_fn_name\" is \"", name,
                   "\"; supported are cosine, dot, euclidean, manhattan"));
}

absl::Status ReadPrompts(const JsonFile& file, SentenceTransformers* result) {
  PARLEY_ASSIGN_OR_RETURN(const std::optional<JsonFile> prompts,
                          file.GetObject("prompts"));
  if (prompts.has_value()) {
    for (const std::string& name : prompts->UnknownKeys({})) {
      PARLEY_ASSIGN_OR_RETURN(std::string text, ReadString(*prompts, name, ""));
      result->prompts.push_back({.name = name, .text = std::move(text)});
    }
  }
  if (!file.Has("default_prompt_name")) return absl::OkStatus();
  PARLEY_ASSIGN_OR_RETURN(const std::string name,
                          ReadString(file, "default_prompt_name", ""));
  for (const Prompt& prompt : result->prompts) {
    if (prompt.name == name) {
      result->default_prompt = prompt.text;
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat(file.path(), ": \"default_prompt_name\" is \"", name,
                   "\", which is none of \"prompts\""));
}

}  // namespace

absl::StatusOr<SentenceTransformers> ReadSentenceTransformers(
    const std::string& directory) {
  SentenceTransformers result;
  result.transformer_directory = directory;
  const std::string modules_path = absl::StrCat(directory, "/modules.json");
  const absl::StatusOr<std::vector<JsonFile>> modules =
      JsonFile::ReadObjects(modules_path);
  if (modules.ok()) {
    ModuleReader reader(directory, &result);
    for (const JsonFile& module : *modules) {
      PARLEY_RETURN_IF_ERROR(reader.Read(module));
    }
    PARLEY_RETURN_IF_ERROR(reader.CheckEnd(modules_path));
  } else if (!absl::IsNotFound(modules.status())) {
    return modules.status();
  }
  PARLEY_ASSIGN_OR_RETURN(
      const std::optional<JsonFile> file,
      ReadIfThere(
          absl::StrCat(directory, "/config_sentence_transformers.json")));
  if (!file.has_value()) return result;
  PARLEY_RETURN_IF_ERROR(ReadPrompts(*file, &result));
  PARLEY_ASSIGN_OR_RETURN(result.similarity, ReadSimilarity(*file));
  return result;
}

}  // namespace parley
