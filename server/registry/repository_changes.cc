#include "server/registry/repository_changes.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "server/registry/model_source.h"

namespace parley {
namespace {

namespace fs = std::filesystem;

// Models lie flat, or a folder or two deep; what is beyond is none of theirs.
constexpr int kMaxDepth = 4;
constexpr size_t kMaxFiles = 10'000;

// What tells one state of a file from another. Its canonical path, too: folders
// are often swapped by turning a symbolic link.
std::string DescribeFile(const fs::directory_entry& file) {
  std::error_code ignored;  // What cannot be read is described by that.
  const fs::path place = fs::canonical(file.path(), ignored);
  const auto size = file.file_size(ignored);
  const auto time = file.last_write_time(ignored).time_since_epoch().count();
  return absl::StrCat(file.path().string(), " ", place.string(), " ", size, " ",
                      time);
}

std::string DescribeFolder(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator it(
      folder, fs::directory_options::follow_directory_symlink, error);
  for (; !error && it != fs::recursive_directory_iterator();
       it.increment(error)) {
    if (files.size() >= kMaxFiles) break;
    std::error_code ignored;
    const bool is_hidden = it->path().filename().string().front() == '.';
    if (it->is_directory(ignored)) {
      if (is_hidden || it.depth() + 1 >= kMaxDepth) {
        it.disable_recursion_pending();
      }
    } else if (!is_hidden) {
      files.push_back(DescribeFile(*it));
    }
  }
  std::sort(files.begin(), files.end());
  return absl::StrJoin(files, "\n");
}

}  // namespace

absl::StatusOr<RepositorySnapshot> TakeSnapshot(const std::string& repository) {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<ModelSource> models,
                          ListModels(repository));
  RepositorySnapshot snapshot;
  for (const ModelSource& model : models) {
    snapshot[model.name] = DescribeFolder(model.directory);
  }
  return snapshot;
}

std::vector<FolderChange> RepositoryChanges::Next(RepositorySnapshot now) {
  std::vector<FolderChange> changes;
  for (const auto& [name, files] : now) {
    const auto told = told_.find(name);
    if (told != told_.end() && told->second == files) continue;
    const auto previous = previous_.find(name);
    if (previous == previous_.end() || previous->second != files) continue;
    changes.push_back({.kind = FolderChange::Kind::kChanged, .name = name});
    told_[name] = files;
  }
  for (auto it = told_.begin(); it != told_.end();) {
    const auto told = it++;
    const std::string& name = told->first;
    if (now.contains(name) || previous_.contains(name)) continue;
    changes.push_back({.kind = FolderChange::Kind::kVanished, .name = name});
    told_.erase(told);
  }
  previous_ = std::move(now);
  return changes;
}

}  // namespace parley
