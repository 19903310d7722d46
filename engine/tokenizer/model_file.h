// Whole small files of a model directory.
#ifndef PARLEY_ENGINE_TOKENIZER_MODEL_FILE_H_
#define PARLEY_ENGINE_TOKENIZER_MODEL_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace parley {

// The bytes of a file, copied, so that what was checked is what is used even
// if the file changes. NOT_FOUND where there is none, INVALID_ARGUMENT where
// it has more than `max_bytes`; each names the path.
absl::StatusOr<std::string> ReadModelFile(const std::string& path,
                                          size_t max_bytes);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_MODEL_FILE_H_
