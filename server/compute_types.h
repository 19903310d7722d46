// Which models are computed in which type, as the command line says it.
#ifndef PARLEY_SERVER_COMPUTE_TYPES_H_
#define PARLEY_SERVER_COMPUTE_TYPES_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/api/compute_type.h"
#include "server/registry/model_source.h"

namespace parley {

struct ComputeTypes {
  std::optional<ComputeType> of_all;  // Unless named below.
  std::map<std::string, ComputeType> of_model;
};

// "int8", "demo=int8,other=f32" or both. INVALID_ARGUMENT names what is wrong.
absl::StatusOr<ComputeTypes> ParseComputeTypes(absl::string_view text);

// What a model of that name is computed in; unset: as its files say.
std::optional<ComputeType> ComputeTypeOf(const ComputeTypes& types,
                                         const std::string& name);

// Tells each source its type. NOT_FOUND where a type is given to a model that
// is not among them, listing those that are.
absl::Status SetComputeTypes(const ComputeTypes& types,
                             std::vector<ModelSource>* sources);

}  // namespace parley

#endif  // PARLEY_SERVER_COMPUTE_TYPES_H_
