// Runs a fuzzer's entry point over its committed corpus and over random
// changes of it, with any compiler: what libFuzzer does, without its guidance.
// The build says which corpus: PARLEY_FUZZ_CORPUS.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace parley {
namespace {

constexpr int kMutationsOfEach = 2000;

std::vector<std::string> ReadCorpus() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(PARLEY_FUZZ_CORPUS)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file),
                        std::istreambuf_iterator<char>());
  }
  return corpus;
}

// The input is copied to memory of exactly its size, so that a sanitizer sees
// the first byte read beyond it.
void RunOn(const std::string& input) {
  const std::vector<uint8_t> exact(input.begin(), input.end());
  EXPECT_EQ(LLVMFuzzerTestOneInput(exact.data(), exact.size()), 0);
}

using Random = std::mt19937;

size_t Below(Random& random, size_t limit) {
  return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
}

// One random change of `input`; `other` is to take bytes from.
void Mutate(Random& random, const std::string& other, std::string& input) {
  static constexpr uint8_t kSpecial[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};
  const size_t at = Below(random, input.size() + 1);
  const size_t length = std::min(Below(random, 16) + 1, input.size() - at);
  switch (Below(random, 7)) {
    case 0:
      input.resize(at);
      break;
    case 1:
      input.erase(at, length);
      break;
    case 2:
      input.insert(at, input.substr(at, length));
      break;
    case 3:
      if (length > 0) input[at] ^= static_cast<char>(1 << Below(random, 8));
      break;
    case 4:
      for (size_t i = 0; i < length; ++i) {
        input[at + i] = static_cast<char>(Below(random, 256));
      }
      break;
    case 5:
      for (size_t i = 0; i < length; ++i) {
        input[at + i] =
            static_cast<char>(kSpecial[Below(random, std::size(kSpecial))]);
      }
      break;
    default: {
      const size_t from = Below(random, other.size() + 1);
      input.replace(at, length, other, from, Below(random, 64));
      break;
    }
  }
}

TEST(ReplayCorpusTest, CorpusIsThere) {
  EXPECT_GE(ReadCorpus().size(), 3u) << PARLEY_FUZZ_CORPUS;
}

TEST(ReplayCorpusTest, EveryInput) {
  RunOn("");
  for (const std::string& input : ReadCorpus()) RunOn(input);
}

TEST(ReplayCorpusTest, RandomChangesOfEveryInput) {
  const std::vector<std::string> corpus = ReadCorpus();
  Random random(20240229);  // The same changes in every run.
  for (const std::string& original : corpus) {
    for (int i = 0; i < kMutationsOfEach; ++i) {
      std::string input = original;
      for (size_t n = Below(random, 4) + 1; n > 0; --n) {
        Mutate(random, corpus[Below(random, corpus.size())], input);
      }
      RunOn(input);
    }
  }
}

}  // namespace
}  // namespace parley
