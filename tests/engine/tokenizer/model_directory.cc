#include "tests/engine/tokenizer/model_directory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "gtest/gtest.h"

namespace parley {

std::string ReadTestFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

ModelDirectory::ModelDirectory() : path_(testing::TempDir() + "modelXXXXXX") {
  EXPECT_NE(mkdtemp(path_.data()), nullptr) << path_;
}

ModelDirectory::~ModelDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ModelDirectory::PathOf(const std::string& name) const {
  return path_ + "/" + name;
}

void ModelDirectory::Write(const std::string& name,
                           absl::string_view content) const {
  std::ofstream file(PathOf(name), std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  EXPECT_TRUE(file.good()) << PathOf(name);
}

void ModelDirectory::Remove(const std::string& name) const {
  std::error_code error;
  EXPECT_TRUE(std::filesystem::remove(PathOf(name), error)) << PathOf(name);
}

void ModelDirectory::CopyFrom(const std::string& directory) const {
  for (const char* name : {"source.spm", "target.spm", "vocab.json",
                           "target_vocab.json", "tokenizer_config.json"}) {
    const std::string path = directory + "/" + name;
    if (std::filesystem::exists(path)) Write(name, ReadTestFile(path));
  }
}

}  // namespace parley
