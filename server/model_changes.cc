#include "server/model_changes.h"

#include <malloc.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "server/registry_directory.h"

namespace parley {
namespace {

void IgnoreProgress(absl::string_view stage, double done) {}

// As ListModels spells it.
std::string PathIn(const std::string& repository, const std::string& name) {
  return (std::filesystem::path(repository) / name).string();
}

std::string Seconds(absl::Duration duration) {
  return absl::StrFormat("%.1f s", absl::ToDoubleSeconds(duration));
}

// After a change, calls still use what is served no more, for a moment mostly.
// What they have let go of then goes back to the system: malloc would keep it,
// and what is loaded next might not fit into its holes.
constexpr absl::Duration kTimeToLetGo = absl::Seconds(1);

absl::Status GoingDown() {
  return absl::UnavailableError("the server is going down");
}

// Runs `work` on a thread that ends with it. Loading may leave a team of OpenMP
// threads behind, which lasts as long as the thread that it belongs to; while
// there are more of those than CPUs, no team spins, and each step of the runner
// would pay for it.
void RunOnOwnThread(absl::AnyInvocable<void()> work) {
  std::thread([&work] { work(); }).join();
}

}  // namespace

ModelChanges::ModelChanges(Options options, Registry* registry)
    : options_(std::move(options)),
      registry_(registry),
      thread_([this] { Loop(); }) {}

ModelChanges::~ModelChanges() {
  Stop();
  thread_.join();
}

void ModelChanges::Change(ModelChange change, Done done) {
  Order order = {.name = change.name};
  order.run = [this, change = std::move(change),
               done = std::move(done)](absl::Status refused) mutable {
    if (!refused.ok()) {
      done(std::move(refused));
      return;
    }
    absl::StatusOr<ModelListing> made = Make(change);
    {
      // First, because who hears of it may ask for the next at once.
      absl::MutexLock lock(&mutex_);
      names_.erase(change.name);
    }
    done(std::move(made));
  };
  Post(std::move(order));
}

void ModelChanges::Run(absl::AnyInvocable<void()> work) {
  Post({.run = [work = std::move(work)](absl::Status refused) mutable {
    if (refused.ok()) work();
  }});
}

void ModelChanges::Post(Order order) {
  absl::Status posted = TryPost(&order);
  if (!posted.ok()) order.run(std::move(posted));
}

absl::Status ModelChanges::TryPost(Order* order) {
  absl::MutexLock lock(&mutex_);
  if (stopped_) return GoingDown();
  if (orders_.size() >= kMaxWaiting) {
    return absl::ResourceExhaustedError(
        absl::StrCat(kMaxWaiting, " changes of models wait already"));
  }
  if (!order->name.empty() && !names_.insert(order->name).second) {
    return absl::AbortedError(absl::StrCat("another change of model \"",
                                           order->name,
                                           "\" is being made; one at a time"));
  }
  orders_.push_back(std::move(*order));
  return absl::OkStatus();
}

void ModelChanges::Watch(const RepositorySnapshot& loaded) {
  absl::MutexLock lock(&mutex_);
  repository_.emplace(loaded);
  next_look_ = absl::Now() + options_.watch_interval;
}

void ModelChanges::Stop() {
  std::deque<Order> refused;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    refused.swap(orders_);
  }
  for (Order& order : refused) order.run(GoingDown());
}

bool ModelChanges::busy() const {
  absl::MutexLock lock(&mutex_);
  return busy_;
}

std::optional<ModelChanges::Order> ModelChanges::Next() {
  absl::MutexLock lock(&mutex_);
  busy_ = false;
  while (!stopped_ && orders_.empty() && absl::Now() < next_look_ &&
         absl::Now() < next_trim_) {
    const absl::Time wake = std::min(next_look_, next_trim_);
    const auto called = [this, wake] {
      mutex_.AssertHeld();
      return stopped_ || !orders_.empty() || next_look_ < wake;
    };
    mutex_.AwaitWithDeadline(absl::Condition(&called), wake);
  }
  if (stopped_) return std::nullopt;
  busy_ = true;
  if (absl::Now() >= next_trim_) {
    next_trim_ = absl::InfiniteFuture();
    return Order{.run = [](absl::Status) { malloc_trim(0); }};
  }
  if (!orders_.empty()) {
    Order order = std::move(orders_.front());
    orders_.pop_front();
    return order;
  }
  next_look_ = absl::Now() + options_.watch_interval;
  return Order{.run = [this](absl::Status) { LookAtRepository(); }};
}

void ModelChanges::Loop() {
  while (std::optional<Order> order = Next()) {
    RunOnOwnThread([&order] { order->run(absl::OkStatus()); });
  }
}

absl::StatusOr<ModelListing> ModelChanges::Make(const ModelChange& change) {
  absl::Status made;
  switch (change.kind) {
    case ModelChange::Kind::kLoad:
      made = Load(change);
      break;
    case ModelChange::Kind::kReload:
      made = Reload(change);
      break;
    case ModelChange::Kind::kUnload:
      made = Unload(change);
      break;
  }
  options_.changed();
  {
    absl::MutexLock lock(&mutex_);
    next_trim_ = std::min(next_trim_, absl::Now() + kTimeToLetGo);
  }
  if (!made.ok()) return made;
  if (change.kind == ModelChange::Kind::kUnload) {
    return ModelListing{.name = change.name};
  }
  PARLEY_ASSIGN_OR_RETURN(ModelEntry entry, registry_->Get(change.name));
  return ToListing(std::move(entry));
}

absl::Status ModelChanges::Load(const ModelChange& change) {
  ModelSource source = {.name = change.name,
                        .directory = change.directory,
                        .compute_type = change.compute_type};
  if (source.directory.empty()) {
    // A name may be any text; as part of a path, it may only be a folder's.
    if (options_.repository.empty() || change.name == ".." ||
        change.name == "." || change.name.find('/') != std::string::npos) {
      return absl::InvalidArgumentError(
          options_.repository.empty()
              ? "directory is empty, and the server has no --model_repository"
              : absl::StrCat("directory is empty, and \"", change.name,
                             "\" is no folder's name"));
    }
    source.directory = PathIn(options_.repository, change.name);
  }
  if (!source.compute_type.has_value()) {
    source.compute_type = ComputeTypeOf(options_.compute_types, change.name);
  }
  const absl::Time begin = absl::Now();
  absl::Status loaded = registry_->Load(source, IgnoreProgress);
  if (loaded.ok()) {
    PARLEY_LOG(kInfo) << "model \"" << source.name << "\": loaded from "
                      << source.directory << " in "
                      << Seconds(absl::Now() - begin);
  } else {
    PARLEY_LOG(kError) << "model \"" << source.name << "\" in "
                       << source.directory
                       << " cannot be loaded: " << loaded.message();
  }
  return loaded;
}

absl::Status ModelChanges::Reload(const ModelChange& change) {
  const absl::Time begin = absl::Now();
  absl::Status reloaded =
      registry_->Reload(change.name, change.directory, IgnoreProgress);
  const absl::StatusOr<ModelEntry> entry = registry_->Get(change.name);
  const std::string version =
      entry.ok() && entry->model != nullptr ? entry->model->version : "";
  if (reloaded.ok()) {
    PARLEY_LOG(kInfo) << "model \"" << change.name << "\": version " << version
                      << " is served, after " << Seconds(absl::Now() - begin);
  } else {
    PARLEY_LOG(kError) << "model \"" << change.name
                       << "\" cannot be reloaded: " << reloaded.message()
                       << (version.empty() ? ""
                                           : absl::StrCat("; version ", version,
                                                          " is still served"));
  }
  return reloaded;
}

absl::Status ModelChanges::Unload(const ModelChange& change) {
  absl::Status unloaded = registry_->Unload(change.name);
  if (unloaded.ok()) {
    PARLEY_LOG(kInfo) << "model \"" << change.name << "\": unloaded";
  }
  return unloaded;
}

void ModelChanges::LookAtRepository() {
  absl::StatusOr<RepositorySnapshot> now = TakeSnapshot(options_.repository);
  // A folder that cannot be read just now is no reason to unload everything.
  if (!now.ok()) {
    if (!repository_failed_) {
      PARLEY_LOG(kWarning) << "changes are not looked for: "
                           << now.status().message();
    }
    repository_failed_ = true;
    return;
  }
  repository_failed_ = false;
  for (const FolderChange& change : repository_->Next(*std::move(now))) {
    Follow(change);
  }
}

void ModelChanges::Follow(const FolderChange& change) {
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    // An order for it waits, and will find the folder as it is now.
    if (!names_.insert(change.name).second) return;
  }
  const std::string directory = PathIn(options_.repository, change.name);
  const absl::StatusOr<ModelSource> source = registry_->SourceOf(change.name);
  const bool vanished = change.kind == FolderChange::Kind::kVanished;
  if (source.ok() && source->directory != directory) {
    PARLEY_LOG(kWarning) << "model \"" << change.name << "\" is served from "
                         << source->directory << ", so the change in "
                         << directory << " is let be";
  } else if (source.ok() || !vanished) {
    const ModelChange::Kind kind = vanished      ? ModelChange::Kind::kUnload
                                   : source.ok() ? ModelChange::Kind::kReload
                                                 : ModelChange::Kind::kLoad;
    Make({.kind = kind, .name = change.name}).IgnoreError();
  }
  absl::MutexLock lock(&mutex_);
  names_.erase(change.name);
}

}  // namespace parley
