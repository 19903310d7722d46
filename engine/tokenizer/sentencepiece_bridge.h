// SentencePiece behind std types. Its header brings a second absl that cannot
// meet Abseil's in one source, so only sentencepiece_bridge.cc includes it,
// and this header uses nothing but std.
#ifndef PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_BRIDGE_H_
#define PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_BRIDGE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

// One piece of a text.
struct SentencePiece {
  std::string piece;     // Normalized, "▁" for a space.
  bool unknown = false;  // The model has no such piece.
  // Bytes [begin, end) of the text that it stands for.
  size_t begin = 0;
  size_t end = 0;
};

// A loaded model. Immutable: any thread may call everything at any time.
// Functions that can fail return an empty pointer or false, and say why in
// *error.
class SentencePieceModel {
 public:
  // Reads a model from the bytes of its file.
  // REQUIRES: CheckSentencePieceModel accepts them.
  static std::unique_ptr<const SentencePieceModel> FromBytes(
      std::string_view bytes, std::string* error);
  ~SentencePieceModel();
  SentencePieceModel(const SentencePieceModel&) = delete;
  SentencePieceModel& operator=(const SentencePieceModel&) = delete;

  // Cuts `text` into pieces, which replace what *pieces held. Takes time
  // quadratic in the number of unknown characters that follow one another.
  bool Encode(std::string_view text, std::vector<SentencePiece>* pieces,
              std::string* error) const;

  // Joins pieces into a text. Pieces need not be the model's.
  bool Decode(const std::vector<std::string>& pieces, std::string* text,
              std::string* error) const;

  // `text` as it is before it is cut.
  bool Normalize(std::string_view text, std::string* normalized,
                 std::string* error) const;

 private:
  struct Impl;
  explicit SentencePieceModel(std::unique_ptr<const Impl> impl);
  const std::unique_ptr<const Impl> impl_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_BRIDGE_H_
