// Checks a SentencePiece model file before SentencePiece reads it: up to 0.2.1
// it trusts sizes and offsets in the file, and a crafted one can overflow its
// stack or make it read out of bounds.
#ifndef PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_CHECK_H_
#define PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_CHECK_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace parley {

// Limits on a model file. The largest ones in use have 256,000 pieces in 5 MB,
// of up to 100 bytes each.
inline constexpr size_t kMaxSentencePieceFileBytes = size_t{64} << 20;
inline constexpr int kMaxPieces = 1 << 21;
// SentencePiece builds its trie by recursion, one call a byte.
inline constexpr size_t kMaxPieceBytes = 1024;
// User-defined pieces that are prefixes of one another. SentencePiece has room
// for so many.
inline constexpr int kMaxNestedUserPieces = 64;
// What the unknown piece is shown as when decoded.
inline constexpr size_t kMaxUnknownSurfaceBytes = 256;
// Of the self test that a file may hold, which runs whenever it is loaded.
inline constexpr size_t kMaxSelfTestBytes = size_t{64} << 10;

// `bytes` is the content of a file, ModelProto on the wire; `path` is for
// messages. An error (INVALID_ARGUMENT) names the file and the rule that is
// broken. Takes time and memory in proportion to the size. What SentencePiece
// checks itself, e.g. that no piece is given twice, is left to it.
absl::Status CheckSentencePieceModel(absl::string_view bytes,
                                     const std::string& path);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_CHECK_H_
