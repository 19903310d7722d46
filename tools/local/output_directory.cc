#include "tools/local/output_directory.h"

#include <algorithm>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"

namespace parley::tools {
namespace {

namespace fs = std::filesystem;

absl::Status SystemError(const std::error_code& error, const fs::path& path,
                         absl::string_view doing) {
  return absl::ErrnoToStatus(error.value(),
                             absl::StrCat(path.string(), " ", doing));
}

// Without "." and "..", links resolved, and no slash at the end.
fs::path Resolved(const std::string& path) {
  std::error_code error;
  fs::path resolved = fs::weakly_canonical(fs::absolute(path), error);
  if (error) resolved = fs::absolute(path).lexically_normal();
  return resolved.has_filename() ? resolved : resolved.parent_path();
}

// Whether `path` is `folder` or lies in it.
bool IsWithin(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end())
             .first == folder.end();
}

bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

bool IsEmptyFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) && fs::is_empty(path, ignored);
}

// So that a slip of the pen does not delete somebody's home.
bool LooksLikeModel(const fs::path& path) {
  return Exists(path / "config.json") || Exists(path / "modules.json");
}

absl::Status CheckPlace(const fs::path& path, Existing existing) {
  if (!Exists(path) || IsEmptyFolder(path)) return absl::OkStatus();
  if (existing == Existing::kRefuse) {
    return absl::AlreadyExistsError(
        absl::StrCat(path.string(), " is there already; --force replaces it"));
  }
  if (!LooksLikeModel(path)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path.string(),
                     " is no model directory (it has no config.json), so it "
                     "is not replaced; delete it yourself"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutputDirectory>> OutputDirectory::Create(
    const std::string& path, const std::string& input, Existing existing) {
  const fs::path place = Resolved(path);
  const fs::path source = Resolved(input);
  if (IsWithin(place, source) || IsWithin(source, place)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " is ", input,
        " itself, in it or around it; expected another directory"));
  }
  PARLEY_RETURN_IF_ERROR(CheckPlace(place, existing));
  std::error_code error;
  fs::create_directories(place.parent_path(), error);
  if (error) return SystemError(error, place.parent_path(), "cannot be made");

  std::unique_ptr<OutputDirectory> output(new OutputDirectory(place));
  if (existing == Existing::kReplace) fs::remove_all(output->partial_, error);
  // False where it was there.
  output->is_partial_ours_ = fs::create_directory(output->partial_, error);
  if (error) return SystemError(error, output->partial_, "cannot be made");
  if (!output->is_partial_ours_) {
    return absl::AlreadyExistsError(absl::StrCat(
        output->partial_.string(),
        " is there: another conversion is at it, or one was interrupted; "
        "--force deletes it"));
  }
  return output;
}

OutputDirectory::OutputDirectory(const fs::path& path)
    : path_(path),
      partial_(path.parent_path() /
               absl::StrCat(".", path.filename().string(), ".partial")),
      old_(path.parent_path() /
           absl::StrCat(".", path.filename().string(), ".old")) {}

OutputDirectory::~OutputDirectory() {
  std::error_code ignored;
  if (is_partial_ours_) fs::remove_all(partial_, ignored);
}

absl::Status OutputDirectory::Commit() {
  std::error_code error;
  const bool replaces = Exists(path_);
  if (replaces) {
    fs::remove_all(old_, error);
    fs::rename(path_, old_, error);
    if (error) return SystemError(error, path_, "cannot be moved away");
  }
  fs::rename(partial_, path_, error);
  if (error) {
    std::error_code ignored;
    if (replaces) fs::rename(old_, path_, ignored);
    return SystemError(error, partial_, "cannot be moved to its place");
  }
  is_partial_ours_ = false;
  std::error_code ignored;
  if (replaces) fs::remove_all(old_, ignored);
  return absl::OkStatus();
}

}  // namespace parley::tools
