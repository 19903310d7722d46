// Values of a model's JSON files: defaults filled in, ranges checked.
#ifndef PARLEY_ENGINE_MODELS_CONFIG_READER_H_
#define PARLEY_ENGINE_MODELS_CONFIG_READER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/weights/json_file.h"

namespace parley {

struct IntRange {
  int low = 0;
  int high = 0;
  // What a missing key means; nullopt: it must be there.
  std::optional<int> unset;
};

// The integer of that key. INVALID_ARGUMENT names file, key, value and range.
absl::StatusOr<int> ReadInt(const JsonFile& file, absl::string_view key,
                            const IntRange& range);

// The string of that key, or `unset` where it is missing.
absl::StatusOr<std::string> ReadString(const JsonFile& file,
                                       absl::string_view key,
                                       absl::string_view unset);

// The flag of that key, or `unset` where it is missing.
absl::StatusOr<bool> ReadBool(const JsonFile& file, absl::string_view key,
                              bool unset);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_CONFIG_READER_H_
