#include "server/registry/registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/registry/first_task.h"
#include "server/registry/model_observer.h"

namespace parley {
namespace {

absl::string_view KindName(ModelKind kind) {
  return kind == ModelKind::kTranslation ? "translation" : "encoder";
}

// The model as it is handed out. The runner and the deleter hold the model
// itself: once nobody else can push to its queue, it is closed, which tells the
// runner to let go.
std::shared_ptr<ServedModel> Lease(std::shared_ptr<ServedModel> model) {
  ServedModel* const pointer = model.get();
  return {pointer, [model = std::move(model)](ServedModel*) {
            model->queue->Close(absl::UnavailableError(
                absl::StrCat("version ", model->version, " of model \"",
                             model->name, "\" is served no more")));
          }};
}

}  // namespace

Registry::Registry(ModelLoader loader, const LoadOptions& load_options,
                   const TaskQueue::Options& queue_options, Runner* runner)
    : loader_(std::move(loader)),
      load_options_(load_options),
      queue_options_(queue_options),
      runner_(runner) {}

absl::Status Registry::Declare(const std::string& name) {
  PARLEY_RETURN_IF_ERROR(CheckModelName(name));
  absl::MutexLock lock(&mutex_);
  Slot slot;
  slot.entry.name = name;
  slot.was_declared = true;
  if (!slots_.emplace(name, std::move(slot)).second) {
    return absl::AlreadyExistsError(
        absl::StrCat("two models are named \"", name, "\""));
  }
  return absl::OkStatus();
}

absl::Status Registry::Load(const ModelSource& source,
                            const LoadProgress& progress) {
  PARLEY_RETURN_IF_ERROR(BeginLoad(source));
  return EndLoad(source, MakeVersion(source, progress));
}

absl::Status Registry::Reload(const std::string& name,
                              const std::string& directory,
                              const LoadProgress& progress) {
  PARLEY_ASSIGN_OR_RETURN(const ModelSource source,
                          BeginReload(name, directory));
  absl::StatusOr<std::shared_ptr<ServedModel>> loaded =
      MakeVersion(source, progress);
  if (loaded.ok()) {
    // Calls must not be the ones to find out that it does not work.
    if (progress) progress("first task", 1.0);
    const absl::Status works = RunFirstTask(**loaded);
    if (!works.ok()) loaded = works;
  }
  return EndLoad(source, std::move(loaded));
}

absl::Status Registry::BeginLoad(const ModelSource& source) {
  PARLEY_RETURN_IF_ERROR(CheckModelName(source.name));
  absl::MutexLock lock(&mutex_);
  const auto [it, is_new] = slots_.try_emplace(source.name);
  Slot& slot = it->second;
  if (is_new) {
    slot.entry.name = source.name;
  } else if (slot.is_changing) {
    return FindIdle(source.name).status();
  } else if (slot.entry.state != ModelState::kLoading) {
    return absl::AlreadyExistsError(
        absl::StrCat("a model is named \"", source.name,
                     "\" already; it can be reloaded, or unloaded first"));
  }
  slot.source = source;
  slot.is_changing = true;
  return absl::OkStatus();
}

absl::StatusOr<ModelSource> Registry::BeginReload(
    const std::string& name, const std::string& directory) {
  absl::MutexLock lock(&mutex_);
  PARLEY_ASSIGN_OR_RETURN(Slot * slot, FindIdle(name));
  slot->is_changing = true;
  ModelSource source = slot->source;
  if (!directory.empty()) source.directory = directory;
  return source;
}

absl::StatusOr<std::shared_ptr<ServedModel>> Registry::MakeVersion(
    const ModelSource& source, const LoadProgress& progress) {
  int version = 0;
  {
    absl::MutexLock lock(&mutex_);
    version = num_versions_[source.name] + 1;
  }
  LoadOptions options = load_options_;
  options.compute_type = source.compute_type;
  const absl::Time begin = absl::Now();
  PARLEY_ASSIGN_OR_RETURN(LoadedModel loaded,
                          loader_(source.directory, options, progress));
  auto model = std::make_shared<ServedModel>();
  model->name = source.name;
  model->version = absl::StrCat(version);
  model->info = std::move(loaded.info);
  model->tokenizer = std::move(loaded.tokenizer);
  model->encoder_tokenizer = std::move(loaded.encoder_tokenizer);
  model->shortlist = std::move(loaded.shortlist);
  model->engines = std::move(loaded.engines);
  std::shared_ptr<ModelObserver> observer;
  if (metrics_ != nullptr) {
    observer = std::make_shared<ModelObserver>(model->name, metrics_);
    model->observer = observer;
  }
  TaskQueue::Options queue_options = queue_options_;
  queue_options.observer = model->observer;
  model->queue = std::make_unique<TaskQueue>(queue_options);
  if (observer != nullptr) {
    ModelObserver::Show(observer, model, absl::Now() - begin);
  }
  // The runner sets the queue's listener, so it must know the model before
  // any call can push to it.
  runner_->Add(model);
  return Lease(std::move(model));
}

absl::Status Registry::EndLoad(
    const ModelSource& source,
    absl::StatusOr<std::shared_ptr<ServedModel>> loaded) {
  const absl::Status status = loaded.status();
  // Let go of after the mutex: that may take the memory of a model.
  std::shared_ptr<ServedModel> replaced;
  absl::MutexLock lock(&mutex_);
  const auto it = slots_.find(source.name);
  Slot& slot = it->second;
  slot.is_changing = false;
  slot.entry.last_error = status;
  if (loaded.ok()) {
    ++num_versions_[source.name];
    slot.source = source;
    slot.entry.state = ModelState::kReady;
    replaced = std::exchange(slot.entry.model, *std::move(loaded));
  } else if (slot.entry.state == ModelState::kLoading) {
    slot.entry.state = ModelState::kFailed;
    if (!slot.was_declared) slots_.erase(it);
  }
  return status;
}

absl::Status Registry::Unload(const std::string& name) {
  // As in EndLoad.
  std::shared_ptr<ServedModel> unloaded;
  absl::MutexLock lock(&mutex_);
  PARLEY_ASSIGN_OR_RETURN(Slot * slot, FindIdle(name));
  unloaded = std::move(slot->entry.model);
  slots_.erase(name);
  return absl::OkStatus();
}

absl::StatusOr<Registry::Slot*> Registry::FindIdle(const std::string& name) {
  const auto it = slots_.find(name);
  if (it == slots_.end()) return NotServed(name);
  if (it->second.is_changing ||
      it->second.entry.state == ModelState::kLoading) {
    return absl::AbortedError(absl::StrCat("model \"", name,
                                           "\" is just being loaded; one "
                                           "change of a model at a time"));
  }
  return &it->second;
}

absl::StatusOr<const Registry::Slot*> Registry::FindSlot(
    const std::string& name) const {
  const auto it = slots_.find(name);
  if (it == slots_.end()) return NotServed(name);
  return &it->second;
}

absl::StatusOr<ModelSource> Registry::SourceOf(const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  PARLEY_ASSIGN_OR_RETURN(const Slot* slot, FindSlot(name));
  return slot->source;
}

ModelEntry Registry::Current(const ModelEntry& entry) {
  ModelEntry current = entry;
  if (entry.state != ModelState::kReady) return current;
  // The runner closes a queue with UNAVAILABLE when it stops, and with another
  // status when it has lost the engine.
  absl::Status closed = entry.model->queue->closed();
  if (closed.ok() || absl::IsUnavailable(closed)) return current;
  current.state = ModelState::kFailed;
  current.last_error = std::move(closed);
  current.model = nullptr;
  return current;
}

absl::StatusOr<const ModelEntry*> Registry::FindOnly(ModelKind kind) const {
  std::vector<const ModelEntry*> meant;
  const ModelEntry* loading = nullptr;
  for (const auto& [name, slot] : slots_) {
    const ModelEntry& entry = slot.entry;
    if (entry.model != nullptr && entry.model->info.kind != kind) continue;
    // What requests mean does not change before a new model is there.
    if (entry.state == ModelState::kLoading && !slot.was_declared) continue;
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
  if (slots_.empty()) {
    return absl::NotFoundError("this server serves no models");
  }
  const ModelEntry* found = nullptr;
  if (name.empty()) {
    PARLEY_ASSIGN_OR_RETURN(found, FindOnly(kind));
  } else {
    PARLEY_ASSIGN_OR_RETURN(const Slot* slot, FindSlot(std::string(name)));
    found = &slot->entry;
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
  entries.reserve(slots_.size());
  for (const auto& [name, slot] : slots_) {
    entries.push_back(Current(slot.entry));
  }
  return entries;
}

absl::StatusOr<ModelEntry> Registry::Get(const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  PARLEY_ASSIGN_OR_RETURN(const Slot* slot, FindSlot(name));
  return Current(slot->entry);
}

std::string Registry::Names() const {
  return absl::StrJoin(slots_, ", ", [](std::string* out, const auto& item) {
    out->append(item.first);
  });
}

absl::Status Registry::NotServed(absl::string_view name) const {
  return absl::NotFoundError(
      slots_.empty()
          ? absl::StrCat("no model \"", name, "\" is served, nor any other")
          : absl::StrCat("no model \"", name,
                         "\" is served; the models are: ", Names()));
}

}  // namespace parley
