// What a SentencePiece model file holds, for those who cut by its pieces
// without SentencePiece.
#ifndef PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_PROTO_H_
#define PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_PROTO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace parley {

struct SentencePieceProto {
  // ModelProto.SentencePiece.Type
  enum class PieceType : uint8_t {
    kNormal = 1,
    kUnknown = 2,
    kControl = 3,
    kUserDefined = 4,
    kUnused = 5,
    kByte = 6,
  };
  // TrainerSpec.ModelType
  enum class ModelType : uint8_t { kUnigram = 1, kBpe, kWord, kChar };

  struct Piece {
    std::string text;
    float score = 0;
    PieceType type = PieceType::kNormal;
  };

  std::vector<Piece> pieces;  // By id.
  ModelType model_type = ModelType::kUnigram;
  std::string charsmap;  // precompiled_charsmap; empty: characters stay.
};

// `bytes` is the content of a file, `path` is for messages. Of fields that are
// given twice the later counts. INVALID_ARGUMENT where CheckSentencePieceModel
// finds it not sound.
absl::StatusOr<SentencePieceProto> ParseSentencePieceProto(
    absl::string_view bytes, const std::string& path);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_PROTO_H_
