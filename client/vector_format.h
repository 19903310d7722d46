// The vectors of an answer: from the wire's bytes, and as people and programs
// read them.
#ifndef PARLEY_CLIENT_VECTOR_FORMAT_H_
#define PARLEY_CLIENT_VECTOR_FORMAT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/line_calls.h"
#include "parley/v1/embedding.pb.h"

namespace parley::client {

// The numbers of `result.vector`, in VECTOR_FORMAT_F32. Errors: the result's
// own; INTERNAL where the bytes are not those of `dimensions` finite numbers.
absl::StatusOr<std::vector<float>> DecodeVector(
    const parley::v1::EmbedResult& result);

// "384 dimensions: 0.0123 -0.0456 0.0789 ... (7 tokens)".
std::string FormatVectorText(const parley::v1::EmbedResult& result,
                             absl::Span<const float> vector);

// One line of JSON: `line`, `text`, `model`, `status`, `vector` (in the fewest
// digits that give the same f32 again; empty where the text failed), `tokens`,
// `truncated`.
absl::StatusOr<std::string> FormatVectorJson(
    const AnsweredText<parley::v1::EmbedResult>& answered,
    absl::Span<const float> vector);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_VECTOR_FORMAT_H_
