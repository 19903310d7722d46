// A folder for the files of one test.
#ifndef PARLEY_TESTS_TEMP_FOLDER_H_
#define PARLEY_TESTS_TEMP_FOLDER_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace parley {

// Made when constructed, removed with all in it when destroyed.
class TempFolder {
 public:
  TempFolder() {
    path_ = testing::TempDir() + "/parley_test_XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }

  // Writes a file and gives its path.
  std::string Write(const std::string& name, absl::string_view bytes) const {
    const std::string path = path_ + "/" + name;
    std::ofstream file(path, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) std::abort();
    return path;
  }

 private:
  std::string path_;
};

}  // namespace parley

#endif  // PARLEY_TESTS_TEMP_FOLDER_H_
