#include "engine/tokenizer/sentencepiece_check.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/tokenizer/charsmap_check.h"

namespace parley {
namespace {

absl::Status Broken(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

// The kinds of field of protobuf's wire format that may appear. Groups, which
// nest, are left out: sentencepiece_model.proto has none.
enum class WireType : uint8_t { kVarint = 0, k64 = 1, kBytes = 2, k32 = 5 };

struct Field {
  uint64_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t value = 0;       // kVarint, k32 and k64.
  absl::string_view bytes;  // kBytes.
};

// Takes one message apart, field by field. The bytes must outlive it.
class FieldReader {
 public:
  explicit FieldReader(absl::string_view message) : rest_(message) {}

  bool done() const { return rest_.empty(); }

  // REQUIRES: !done()
  absl::Status Next(Field* field) {
    uint64_t tag = 0;
    PARLEY_RETURN_IF_ERROR(ReadVarint(&tag));
    field->number = tag >> 3;
    if (field->number == 0 || field->number > kMaxFieldNumber) {
      return Broken("a field's number is out of range");
    }
    field->type = static_cast<WireType>(tag & 7);
    field->bytes = {};
    switch (field->type) {
      case WireType::kVarint:
        return ReadVarint(&field->value);
      case WireType::k64:
        return ReadFixed(8, &field->value);
      case WireType::k32:
        return ReadFixed(4, &field->value);
      case WireType::kBytes:
        return ReadBytes(&field->bytes);
    }
    return Broken(absl::StrCat("a field is of wire type ", tag & 7));
  }

 private:
  static constexpr uint64_t kMaxFieldNumber = (uint64_t{1} << 29) - 1;

  absl::Status ReadVarint(uint64_t* value) {
    *value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return Broken("it ends inside a number");
      const uint8_t byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      *value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return absl::OkStatus();
    }
    return Broken("a number is longer than ten bytes");
  }

  absl::Status ReadFixed(size_t num_bytes, uint64_t* value) {
    if (rest_.size() < num_bytes) return Broken("it ends inside a number");
    *value = 0;
    for (size_t i = num_bytes; i-- > 0;) {
      *value = *value << 8 | static_cast<uint8_t>(rest_[i]);
    }
    rest_.remove_prefix(num_bytes);
    return absl::OkStatus();
  }

  absl::Status ReadBytes(absl::string_view* bytes) {
    uint64_t size = 0;
    PARLEY_RETURN_IF_ERROR(ReadVarint(&size));
    if (size > rest_.size()) {
      return Broken(absl::StrCat("a field of ", size, " bytes has only ",
                                 rest_.size(), " left"));
    }
    *bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return absl::OkStatus();
  }

  absl::string_view rest_;
};

absl::Status ExpectType(const Field& field, WireType type,
                        absl::string_view name) {
  if (field.type == type) return absl::OkStatus();
  return Broken(absl::StrCat(name, " is of wire type ",
                             static_cast<int>(field.type), ", expected ",
                             static_cast<int>(type)));
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
    FieldReader reader(bytes);
    Field field;
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
  absl::Status CheckModelField(const Field& field) {
    switch (field.number) {
      case 1:
        PARLEY_RETURN_IF_ERROR(ExpectType(field, WireType::kBytes, "pieces"));
        return CheckPiece(field.bytes);
      case 2:
        PARLEY_RETURN_IF_ERROR(
            ExpectType(field, WireType::kBytes, "trainer_spec"));
        return CheckTrainerSpec(field.bytes);
      case 3:
        PARLEY_RETURN_IF_ERROR(
            ExpectType(field, WireType::kBytes, "normalizer_spec"));
        return CheckNormalizerSpec(field.bytes);
      case 4:
        PARLEY_RETURN_IF_ERROR(
            ExpectType(field, WireType::kBytes, "self_test_data"));
        if (field.bytes.size() > kMaxSelfTestBytes) {
          return Broken(absl::StrCat("self_test_data has ", field.bytes.size(),
                                     " bytes, expected at most ",
                                     kMaxSelfTestBytes));
        }
        return absl::OkStatus();
      case 5:
        PARLEY_RETURN_IF_ERROR(
            ExpectType(field, WireType::kBytes, "denormalizer_spec"));
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
    FieldReader reader(bytes);
    Field field;
    while (!reader.done()) {
      PARLEY_RETURN_IF_ERROR(reader.Next(&field));
      if (field.number == 1) {
        PARLEY_RETURN_IF_ERROR(ExpectType(field, WireType::kBytes, "piece"));
        PARLEY_RETURN_IF_ERROR(CheckText(field.bytes));
        piece->text = field.bytes;
      } else if (field.number == 2) {
        PARLEY_RETURN_IF_ERROR(ExpectType(field, WireType::k32, "score"));
        const uint32_t bits = static_cast<uint32_t>(field.value);
        float score = 0;
        std::memcpy(&score, &bits, sizeof(score));
        if (!std::isfinite(score)) return Broken("its score is not finite");
      } else if (field.number == 3) {
        PARLEY_RETURN_IF_ERROR(ExpectType(field, WireType::kVarint, "type"));
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
    FieldReader reader(bytes);
    Field field;
    while (!reader.done()) {
      PARLEY_RETURN_IF_ERROR(reader.Next(&field));
      if (field.number == 3) {
        PARLEY_RETURN_IF_ERROR(
            ExpectType(field, WireType::kVarint, "model_type"));
        if (field.value < 1 || field.value > 4) {
          return Broken(absl::StrCat(
              "trainer_spec.model_type is ", field.value,
              ", expected 1 (unigram), 2 (BPE), 3 (word) or 4 (char)"));
        }
      } else if (field.number == 44) {
        PARLEY_RETURN_IF_ERROR(
            ExpectType(field, WireType::kBytes, "unk_surface"));
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
    FieldReader reader(bytes);
    Field field;
    while (!reader.done()) {
      PARLEY_RETURN_IF_ERROR(reader.Next(&field));
      if (field.number != 2) continue;
      PARLEY_RETURN_IF_ERROR(
          ExpectType(field, WireType::kBytes, "precompiled_charsmap"));
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
