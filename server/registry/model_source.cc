#include "server/registry/model_source.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/utf8.h"

namespace parley {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxNameBytes = 200;

absl::Status DirectoryError(const std::string& directory,
                            absl::string_view problem) {
  return absl::NotFoundError(
      absl::StrCat("model repository \"", directory, "\": ", problem));
}

}  // namespace

absl::Status CheckModelName(absl::string_view name) {
  const bool has_control = std::any_of(
      name.begin(), name.end(), [](unsigned char c) { return c < 0x20; });
  if (name.empty() || name.size() > kMaxNameBytes || has_control ||
      ValidUtf8PrefixBytes(name) != name.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", absl::CHexEscape(name.substr(0, kMaxNameBytes)),
        "\" cannot be a model's name: a name is UTF-8 text without control "
        "characters, 1 to ",
        kMaxNameBytes, " bytes long"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ModelSource>> ListModels(
    const std::string& directory) {
  std::error_code error;
  fs::directory_iterator it(directory, error);
  if (error) return DirectoryError(directory, error.message());
  std::vector<ModelSource> models;
  for (; it != fs::directory_iterator(); it.increment(error)) {
    if (error) break;
    const fs::path& path = it->path();
    const std::string name = path.filename().string();
    std::error_code ignored;  // What cannot be looked at holds no config.json.
    if (name[0] == '.' || !fs::exists(path / "config.json", ignored)) continue;
    absl::Status named = CheckModelName(name);
    if (!named.ok()) return DirectoryError(directory, named.message());
    models.push_back({.name = name, .directory = path.string()});
  }
  if (error) return DirectoryError(directory, error.message());
  std::sort(models.begin(), models.end(),
            [](const ModelSource& a, const ModelSource& b) {
              return a.name < b.name;
            });
  return models;
}

absl::StatusOr<std::vector<ModelSource>> FindModels(
    const std::string& directory) {
  PARLEY_ASSIGN_OR_RETURN(std::vector<ModelSource> models,
                          ListModels(directory));
  if (models.empty()) {
    return DirectoryError(
        directory,
        "no model in it. A model is a subfolder with a config.json, as it is "
        "downloaded from a model hub; its name is the folder's. For example: "
        "opus-mt-en-de/config.json, opus-mt-en-de/model.safetensors, ... To "
        "serve a single model's folder, use --models=name=path");
  }
  return models;
}

absl::StatusOr<std::vector<ModelSource>> ParseModelList(
    absl::string_view list) {
  std::vector<ModelSource> models;
  std::set<std::string> names;
  if (list.empty()) return models;
  for (absl::string_view part : absl::StrSplit(list, ',')) {
    const size_t equals = part.find('=');
    if (equals == absl::string_view::npos || equals == 0 ||
        equals + 1 == part.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", part, "\" is not name=path (in \"", list, "\")"));
    }
    ModelSource model{.name = std::string(part.substr(0, equals)),
                      .directory = std::string(part.substr(equals + 1))};
    PARLEY_RETURN_IF_ERROR(CheckModelName(model.name));
    if (!names.insert(model.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two models are named \"", model.name, "\""));
    }
    models.push_back(std::move(model));
  }
  return models;
}

}  // namespace parley
