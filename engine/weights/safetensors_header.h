// The JSON header of a safetensors file.
#ifndef PARLEY_ENGINE_WEIGHTS_SAFETENSORS_HEADER_H_
#define PARLEY_ENGINE_WEIGHTS_SAFETENSORS_HEADER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/tensor/dtype.h"
#include "engine/tensor/tensor.h"

namespace parley {

// What the header says of one tensor: every field well-formed, none compared
// with the others yet.
struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
  uint64_t begin_bytes = 0;  // From the end of the header.
  uint64_t end_bytes = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // In the header's order.
  // What __metadata__ holds, if anything.
  std::map<std::string, std::string, std::less<>> metadata;
};

// INVALID_ARGUMENT, naming tensor and rule, where the header is not UTF-8 or
// JSON, does not start with '{', has a key twice at any level, a key missing
// or unknown in a tensor's entry, a value of another kind than the format
// says, a dtype that is unknown or not supported, more than kMaxDimensions
// sizes, or one above 2^63 - 1.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(
    absl::string_view header);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_SAFETENSORS_HEADER_H_
