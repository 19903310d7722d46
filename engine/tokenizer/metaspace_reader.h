// The options of Metaspace, which pre-tokenizer and decoder have alike.
#ifndef PARLEY_ENGINE_TOKENIZER_METASPACE_READER_H_
#define PARLEY_ENGINE_TOKENIZER_METASPACE_READER_H_

#include "absl/status/statusor.h"
#include "engine/tokenizer/json_node.h"
#include "engine/tokenizer/text/metaspace.h"

namespace parley {

// INVALID_ARGUMENT names the place of what is wrong.
absl::StatusOr<MetaspaceOptions> ReadMetaspace(const JsonNode& node);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_METASPACE_READER_H_
