// What becomes of a repository's folders while it is served.
#ifndef PARLEY_SERVER_REGISTRY_REPOSITORY_CHANGES_H_
#define PARLEY_SERVER_REGISTRY_REPOSITORY_CHANGES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace parley {

// For each model's folder, by its name: a text that is another one whenever a
// file in it is another one, by its place, size or time of last change.
using RepositorySnapshot = std::map<std::string, std::string>;

// The repository as it is now. Errors are those of ListModels.
absl::StatusOr<RepositorySnapshot> TakeSnapshot(const std::string& repository);

struct FolderChange {
  enum class Kind {
    kChanged,  // Or new.
    kVanished,
  };
  Kind kind = Kind::kChanged;
  std::string name;
};

// Tells what has changed and has settled: files are copied one after the other,
// and half of them are no model. Each change is told once, so what turns out
// not to be a good model is let be until its files change again.
//
// One thread at a time.
class RepositoryChanges {
 public:
  // `loaded`: as the repository was before its models were loaded.
  explicit RepositoryChanges(const RepositorySnapshot& loaded)
      : told_(loaded), previous_(loaded) {}

  // Takes the repository as it is now, and tells of what differs from what was
  // told before, but not from the last time.
  std::vector<FolderChange> Next(RepositorySnapshot now);

 private:
  RepositorySnapshot told_;
  RepositorySnapshot previous_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_REGISTRY_REPOSITORY_CHANGES_H_
