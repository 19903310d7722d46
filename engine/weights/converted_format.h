// What a safetensors file says of itself that `parley convert` wrote, and its
// checksums. docs/model_format.md describes the whole.
#ifndef PARLEY_ENGINE_WEIGHTS_CONVERTED_FORMAT_H_
#define PARLEY_ENGINE_WEIGHTS_CONVERTED_FORMAT_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/weights/weight_file.h"

namespace parley {

// Tensors of a product "encoder.layers.0.self_attention.output": its weight
// as kernels read it, and beside it, of int8, the scale and the sum of each
// output. The bias is named as in other files.
inline constexpr absl::string_view kPackedSuffix = ".packed";
inline constexpr absl::string_view kScaleSuffix = ".scale";
inline constexpr absl::string_view kSumSuffix = ".sum";
inline constexpr absl::string_view kBiasSuffix = ".bias";

// What goes before a tensor's name in the key of its checksum.
inline constexpr absl::string_view kDigestPrefix = "parley.sha256.";

// By product: the parts whose outputs stand beside each other in it.
using ProductParts =
    std::map<std::string, std::vector<std::string>, std::less<>>;

// By weight: the product under whose name it is stored, as it is the same.
using SharedWeights = std::map<std::string, std::string, std::less<>>;

struct ConvertedFormat {
  std::string compute_type;  // "int8" or "bf16".
  ProductParts products;
  // Products, and tables of embeddings that are a product's weight.
  SharedWeights shared;

  // The name that the weight `name` is stored under.
  absl::string_view StoredName(absl::string_view name) const {
    const auto found = shared.find(name);
    return found == shared.end() ? name : found->second;
  }
};

// Nothing where the file is not a converted one. INVALID_ARGUMENT, naming file
// and key, where it is one of a version or compute type that is unknown, or
// whose metadata is malformed, lacks a tensor's checksum, or has that of a
// tensor that is missing. Whether these are what a model needs is the loader's
// to see.
absl::StatusOr<std::optional<ConvertedFormat>> ReadConvertedFormat(
    const WeightFile& file);

// The metadata that ReadConvertedFormat reads, without the checksums.
std::map<std::string, std::string> ConvertedMetadata(
    const ConvertedFormat& format);

// Reads all bytes, on `num_threads` threads of its own, and compares each
// tensor with its checksum. DATA_LOSS names those that differ.
// REQUIRES: ReadConvertedFormat gave something, num_threads >= 1.
absl::Status VerifyChecksums(const WeightFile& file, int num_threads);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_CONVERTED_FORMAT_H_
