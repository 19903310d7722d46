// Files for tests to load, and bytes of files to start from.
#ifndef PARLEY_TESTS_ENGINE_TOKENIZER_MODEL_DIRECTORY_H_
#define PARLEY_TESTS_ENGINE_TOKENIZER_MODEL_DIRECTORY_H_

#include <string>

#include "absl/strings/string_view.h"

namespace parley {

// Fails the test where the file cannot be read.
std::string ReadTestFile(const std::string& path);

// A directory of the test's own, removed with all its files at the end.
class ModelDirectory {
 public:
  ModelDirectory();
  ~ModelDirectory();
  ModelDirectory(const ModelDirectory&) = delete;
  ModelDirectory& operator=(const ModelDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string PathOf(const std::string& name) const;
  void Write(const std::string& name, absl::string_view content) const;
  void Remove(const std::string& name) const;
  // Copies the files of another directory.
  void CopyFrom(const std::string& directory) const;

 private:
  std::string path_;
};

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_TOKENIZER_MODEL_DIRECTORY_H_
