#include "engine/tokenizer/sentencepiece_check.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/tokenizer/text/charsmap_check.h"
#include "engine/tokenizer/wire_reader.h"

namespace parley {
namespace {

absl::Status Broken(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

// ModelProto.SentencePiece.Type.
enum PieceType : uint64_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

struct Piece {
  absl::string_view text;
  uint64_t type = kNormal;
};

// Walks a ModelProto. A field given several times is checked every time,
// whichever of them would count.
class ModelCheck {
 public:
  absl::Status Run(absl::string_view bytes) {
    WireReader reader(bytes);
    WireField field;
    while (!reader.done()) {
      PARLEY_RETURN_IF_ERROR(reader.Next(&field));
      PARLEY_RETURN_IF_ERROR(CheckModelField(field));
    }
    if (num_unknown_ != 1) {
      return Broken(absl::StrCat("it has ", num_unknown_,
                                 " pieces of type UNKNOWN, expected one"));
    }
    return CheckUserPieces();
  }

 private:
  absl::Status CheckModelField(const WireField& field) {
    switch (field.number) {
      case 1:
        PARLEY_RETURN_IF_ERROR(
            ExpectWireType(field, WireType::kBytes, "pieces"));
        return CheckPiece(field.bytes);
      case 2:
        PARLEY_RETURN_IF_ERROR(
            ExpectWireType(field, WireType::kBytes, "trainer_spec"));
        return CheckTrainerSpec(field.bytes);
      case 3:
        PARLEY_RETURN_IF_ERROR(
            ExpectWireType(field, WireType::kBytes, "normalizer_spec"));
        return CheckNormalizerSpec(field.bytes);
      case 4:
        PARLEY_RETURN_IF_ERROR(
            ExpectWireType(field, WireType::kBytes, "self_test_data"));
        if (field.bytes.size() > kMaxSelfTestBytes) {
          return Broken(absl::StrCat("self_test_data has ", field.bytes.size(),
                                     " bytes, expected at most ",
                                     kMaxSelfTestBytes));
        }
        return absl::OkStatus();
      case 5:
        PARLEY_RETURN_IF_ERROR(
            ExpectWireType(field, WireType::kBytes, "denormalizer_spec"));
        return CheckNormalizerSpec(field.bytes);
      default:
        return absl::OkStatus();
    }
  }

  absl::Status CheckPiece(absl::string_view bytes) {
    const int index = num_pieces_++;
    if (index == kMaxPieces) {
      return Broken(absl::StrCat("it has more than ", kMaxPieces, " pieces"));
    }
    Piece piece;
    absl::Status status = ReadPiece(bytes, &piece);
    if (!status.ok()) {
      return Broken(absl::StrCat("piece ", index, ": ", status.message()));
    }
    if (piece.type == kUnknown) ++num_unknown_;
    if (piece.type == kUserDefined) user_pieces_.push_back(piece.text);
    return absl::OkStatus();
  }

  static absl::Status ReadPiece(absl::string_view bytes, Piece* piece) {
    WireReader reader(bytes);
    WireField field;
    while (!reader.done()) {
      PARLEY_RETURN_IF_ERROR(reader.Next(&field));
      if (field.number == 1) {
        PARLEY_RETURN_IF_ERROR(
            ExpectWireType(field, WireType::kBytes, "piece"));
        PARLEY_RETURN_IF_ERROR(CheckText(field.bytes));
        piece->text = field.bytes;
      } else if (field.number == 2) {
        PARLEY_RETURN_IF_ERROR(ExpectWireType(field, WireType::k32, "score"));
        if (!std::isfinite(field.AsFloat()))
          return Broken("its score is not finite");
      } else if (field.number == 3) {
        PARLEY_RETURN_IF_ERROR(
            ExpectWireType(field, WireType::kVarint, "type"));
        if (field.value < kNormal || field.value > kByte) {
          return Broken(
              absl::StrCat("its type is ", field.value, ", expected 1 to 6"));
        }
        piece->type = field.value;
      }
    }
    if (piece->text.empty()) return Broken("it is empty");
    return absl::OkStatus();
  }

  static absl::Status CheckText(absl::string_view text) {
    if (text.size() > kMaxPieceBytes) {
      return Broken(absl::StrCat("it has ", text.size(),
                                 " bytes, expected at most ", kMaxPieceBytes));
    }
    if (text.find('\0') != text.npos) return Broken("it contains a NUL");
    return absl::OkStatus();
  }

  static absl::Status CheckTrainerSpec(absl::string_view bytes) {
    WireReader reader(bytes);
    WireField field;
    while (!reader.done()) {
      PARLEY_RETURN_IF_ERROR(reader.Next(&field));
      if (field.number == 3) {
        PARLEY_RETURN_IF_ERROR(
            ExpectWireType(field, WireType::kVarint, "model_type"));
        if (field.value < 1 || field.value > 4) {
          return Broken(absl::StrCat(
              "trainer_spec.model_type is ", field.value,
              ", expected 1 (unigram), 2 (BPE), 3 (word) or 4 (char)"));
        }
      } else if (field.number == 44) {
        PARLEY_RETURN_IF_ERROR(
            ExpectWireType(field, WireType::kBytes, "unk_surface"));
        if (field.bytes.size() > kMaxUnknownSurfaceBytes) {
          return Broken(absl::StrCat(
              "trainer_spec.unk_surface has ", field.bytes.size(),
              " bytes, expected at most ", kMaxUnknownSurfaceBytes));
        }
      }
    }
    return absl::OkStatus();
  }

  static absl::Status CheckNormalizerSpec(absl::string_view bytes) {
    WireReader reader(bytes);
    WireField field;
    while (!reader.done()) {
      PARLEY_RETURN_IF_ERROR(reader.Next(&field));
      if (field.number != 2) continue;
      PARLEY_RETURN_IF_ERROR(
          ExpectWireType(field, WireType::kBytes, "precompiled_charsmap"));
      // Without one, characters stay as they are.
      if (field.bytes.empty()) continue;
      PARLEY_RETURN_IF_ERROR(CheckCharsMap(field.bytes));
    }
    return absl::OkStatus();
  }

  absl::Status CheckUserPieces() const {
    const absl::flat_hash_set<absl::string_view> all(user_pieces_.begin(),
                                                     user_pieces_.end());
    for (absl::string_view piece : user_pieces_) {
      int num_prefixes = 0;  // `piece` itself counts.
      for (size_t n = 1; n <= piece.size(); ++n) {
        if (all.contains(piece.substr(0, n))) ++num_prefixes;
      }
      if (num_prefixes > kMaxNestedUserPieces) {
        return Broken(absl::StrCat("more than ", kMaxNestedUserPieces,
                                   " pieces of type USER_DEFINED are prefixes"
                                   " of one another"));
      }
    }
    return absl::OkStatus();
  }

  int num_pieces_ = 0;
  int num_unknown_ = 0;
  std::vector<absl::string_view> user_pieces_;
};

}  // namespace

absl::Status CheckSentencePieceModel(absl::string_view bytes,
                                     const std::string& path) {
  if (bytes.size() > kMaxSentencePieceFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": it has ", bytes.size(),
                     " bytes, expected at most ", kMaxSentencePieceFileBytes));
  }
  const absl::Status status = ModelCheck().Run(bytes);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": not a sound SentencePiece model: ", status.message()));
}

}  // namespace parley
