// The work of a benchmark: files of token ids.
#ifndef PARLEY_BENCH_TOKEN_FILE_H_
#define PARLEY_BENCH_TOKEN_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/api/task.h"

namespace parley {

using TokenLists = std::vector<std::vector<TokenId>>;

// One text a line, its ids separated by spaces. NOT_FOUND where there is no
// such file.
absl::StatusOr<TokenLists> ReadTokenFile(const std::string& path);

}  // namespace parley

#endif  // PARLEY_BENCH_TOKEN_FILE_H_
