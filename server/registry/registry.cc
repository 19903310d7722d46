#include "server/registry/registry.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "base/utf8.h"

namespace parley {
namespace {

namespace fs = std::filesystem;

// Names travel in messages of the wire and in log lines.
constexpr size_t kMaxNameBytes = 200;

absl::Status CheckName(absl::string_view name) {
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

absl::string_view KindName(ModelKind kind) {
  return kind == ModelKind::kTranslation ? "translation" : "encoder";
}

absl::Status DirectoryError(const std::string& directory,
                            absl::string_view problem) {
  return absl::NotFoundError(
      absl::StrCat("model repository \"", directory, "\": ", problem));
}

}  // namespace

Registry::Registry(ModelLoader loader, const LoadOptions& load_options,
                   const TaskQueue::Options& queue_options, Runner* runner)
    : loader_(std::move(loader)),
      load_options_(load_options),
      queue_options_(queue_options),
      runner_(runner) {}

absl::Status Registry::Declare(const std::string& name) {
  PARLEY_RETURN_IF_ERROR(CheckName(name));
  absl::MutexLock lock(&mutex_);
  ModelEntry entry;
  entry.name = name;
  if (!entries_.emplace(name, std::move(entry)).second) {
    return absl::AlreadyExistsError(
        absl::StrCat("two models are named \"", name, "\""));
  }
  return absl::OkStatus();
}

absl::Status Registry::Load(const ModelSource& source,
                            const LoadProgress& progress) {
  LoadOptions options = load_options_;
  options.compute_type = source.compute_type;
  absl::StatusOr<LoadedModel> loaded =
      loader_(source.directory, options, progress);
  std::shared_ptr<ServedModel> model;
  if (loaded.ok()) {
    model = std::make_shared<ServedModel>();
    model->name = source.name;
    model->version = absl::StrCat(1);
    model->info = std::move(loaded->info);
    model->tokenizer = std::move(loaded->tokenizer);
    model->encoder_tokenizer = std::move(loaded->encoder_tokenizer);
    model->shortlist = std::move(loaded->shortlist);
    model->engines = std::move(loaded->engines);
    model->queue = std::make_unique<TaskQueue>(queue_options_);
    // The runner sets the queue's listener, so it must know the model before
    // any call can push to it.
    runner_->Add(model);
  }
  absl::MutexLock lock(&mutex_);
  const auto it = entries_.find(source.name);
  PARLEY_CHECK(it != entries_.end()) << source.name << " is not declared";
  ModelEntry& entry = it->second;
  PARLEY_CHECK(entry.state == ModelState::kLoading)
      << source.name << " is loaded twice";
  entry.state = loaded.ok() ? ModelState::kReady : ModelState::kFailed;
  entry.failure = loaded.status();
  entry.model = std::move(model);
  return entry.failure;
}

ModelEntry Registry::Current(const ModelEntry& entry) {
  ModelEntry current = entry;
  if (entry.state != ModelState::kReady) return current;
  // The runner closes a queue with UNAVAILABLE when it stops, and with another
  // status when it has lost the engine.
  absl::Status closed = entry.model->queue->closed();
  if (closed.ok() || absl::IsUnavailable(closed)) return current;
  current.state = ModelState::kFailed;
  current.failure = std::move(closed);
  current.model = nullptr;
  return current;
}

absl::StatusOr<const ModelEntry*> Registry::FindOnly(ModelKind kind) const {
  std::vector<const ModelEntry*> meant;
  const ModelEntry* loading = nullptr;
  for (const auto& [name, entry] : entries_) {
    if (entry.model != nullptr && entry.model->info.kind != kind) continue;
    meant.push_back(&entry);
    if (entry.state == ModelState::kLoading) loading = &entry;
  }
  if (meant.size() == 1) return meant.front();
  if (meant.empty()) {
    return absl::NotFoundError(
        absl::StrCat("this server serves no ", KindName(kind),
                     " model; the models are: ", Names()));
  }
  if (loading != nullptr) {
    return absl::UnavailableError(
        absl::StrCat("the request names no model, and \"", loading->name,
                     "\", which it may mean, is still being loaded"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the request names no model, and several are served: ",
      absl::StrJoin(meant, ", ", [](std::string* out, const ModelEntry* one) {
        out->append(one->name);
      })));
}

absl::StatusOr<std::shared_ptr<ServedModel>> Registry::Find(
    absl::string_view name, ModelKind kind) const {
  absl::MutexLock lock(&mutex_);
  if (entries_.empty()) {
    return absl::NotFoundError("this server serves no models");
  }
  const ModelEntry* found = nullptr;
  if (name.empty()) {
    PARLEY_ASSIGN_OR_RETURN(found, FindOnly(kind));
  } else {
    const auto it = entries_.find(std::string(name));
    if (it == entries_.end()) {
      return absl::NotFoundError(absl::StrCat(
          "no model \"", name, "\" is served; the models are: ", Names()));
    }
    found = &it->second;
  }
  ModelEntry entry = Current(*found);
  switch (entry.state) {
    case ModelState::kReady:
      return std::move(entry.model);
    case ModelState::kLoading:
      return absl::UnavailableError(
          absl::StrCat("model \"", entry.name, "\" is still being loaded"));
    case ModelState::kFailed:
      break;
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "model \"", entry.name, "\" has failed; the server's log says why"));
}

std::vector<ModelEntry> Registry::List() const {
  absl::MutexLock lock(&mutex_);
  std::vector<ModelEntry> entries;
  entries.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) {
    entries.push_back(Current(entry));
  }
  return entries;
}

std::string Registry::Names() const {
  return absl::StrJoin(entries_, ", ", [](std::string* out, const auto& item) {
    out->append(item.first);
  });
}

absl::StatusOr<std::vector<ModelSource>> FindModels(
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
    absl::Status named = CheckName(name);
    if (!named.ok()) return DirectoryError(directory, named.message());
    models.push_back({.name = name, .directory = path.string()});
  }
  if (error) return DirectoryError(directory, error.message());
  if (models.empty()) {
    return DirectoryError(
        directory,
        "no model in it. A model is a subfolder with a config.json, as it is "
        "downloaded from a model hub; its name is the folder's. For example: "
        "opus-mt-en-de/config.json, opus-mt-en-de/model.safetensors, ... To "
        "serve a single model's folder, use --models=name=path");
  }
  std::sort(models.begin(), models.end(),
            [](const ModelSource& a, const ModelSource& b) {
              return a.name < b.name;
            });
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
    PARLEY_RETURN_IF_ERROR(CheckName(model.name));
    if (!names.insert(model.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two models are named \"", model.name, "\""));
    }
    models.push_back(std::move(model));
  }
  return models;
}

}  // namespace parley
