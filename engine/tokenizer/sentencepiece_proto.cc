#include "engine/tokenizer/sentencepiece_proto.h"

#include <utility>

#include "base/status_macros.h"
#include "engine/tokenizer/sentencepiece_check.h"
#include "engine/tokenizer/wire_reader.h"

namespace parley {
namespace {

// Calls visit(field) for each field of `message`.
template <typename Visit>
absl::Status ForEachField(absl::string_view message, const Visit& visit) {
  WireReader reader(message);
  WireField field;
  while (!reader.done()) {
    PARLEY_RETURN_IF_ERROR(reader.Next(&field));
    visit(field);
  }
  return absl::OkStatus();
}

// CheckSentencePieceModel has seen to the types of the fields that are read
// here, and to the range of their values.
absl::Status ReadPiece(absl::string_view message,
                       SentencePieceProto::Piece* piece) {
  return ForEachField(message, [piece](const WireField& field) {
    if (field.number == 1) piece->text = std::string(field.bytes);
    if (field.number == 2) piece->score = field.AsFloat();
    if (field.number == 3) {
      piece->type = static_cast<SentencePieceProto::PieceType>(field.value);
    }
  });
}

absl::Status ReadTrainerSpec(absl::string_view message,
                             SentencePieceProto* proto) {
  return ForEachField(message, [proto](const WireField& field) {
    if (field.number != 3) return;
    proto->model_type = static_cast<SentencePieceProto::ModelType>(field.value);
  });
}

absl::Status ReadNormalizerSpec(absl::string_view message,
                                SentencePieceProto* proto) {
  return ForEachField(message, [proto](const WireField& field) {
    if (field.number == 2) proto->charsmap = std::string(field.bytes);
  });
}

}  // namespace

absl::StatusOr<SentencePieceProto> ParseSentencePieceProto(
    absl::string_view bytes, const std::string& path) {
  PARLEY_RETURN_IF_ERROR(CheckSentencePieceModel(bytes, path));
  SentencePieceProto proto;
  WireReader reader(bytes);
  WireField field;
  while (!reader.done()) {
    PARLEY_RETURN_IF_ERROR(reader.Next(&field));
    if (field.number == 1) {
      PARLEY_RETURN_IF_ERROR(
          ReadPiece(field.bytes, &proto.pieces.emplace_back()));
    } else if (field.number == 2) {
      PARLEY_RETURN_IF_ERROR(ReadTrainerSpec(field.bytes, &proto));
    } else if (field.number == 3) {
      PARLEY_RETURN_IF_ERROR(ReadNormalizerSpec(field.bytes, &proto));
    }
  }
  return proto;
}

}  // namespace parley
