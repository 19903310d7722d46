#include "bench/token_file.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace parley {

absl::StatusOr<TokenLists> ReadTokenFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot open ", path));
  TokenLists texts;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::vector<TokenId>& text = texts.emplace_back();
    for (TokenId id; words >> id;) text.push_back(id);
  }
  return texts;
}

}  // namespace parley
