// Cuts texts of any size into SentencePiece pieces in bounded time and memory.
#ifndef PARLEY_ENGINE_TOKENIZER_PIECE_CUTTER_H_
#define PARLEY_ENGINE_TOKENIZER_PIECE_CUTTER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/tokenizer/sentencepiece_bridge.h"

namespace parley {

// Texts up to this size go to SentencePiece whole, but for what
// kMaxUnknownRun says, and come back as it cuts them. Longer ones are handed
// over in parts, cut before a space where one is near. Such a cut changes no
// piece of a model whose pieces do not reach over spaces, as is usual; a cut
// where there is no space puts a space there.
inline constexpr size_t kMaxPartBytes = size_t{128} << 10;

// SentencePiece makes one piece of unknown characters that follow one another,
// in time quadratic in their number. Longer runs are handed over in parts and
// put together again here, which changes no piece.
inline constexpr int kMaxUnknownRun = 1024;

// A SentencePiece model read from a file. Immutable: any thread may call
// everything at any time.
class PieceCutter {
 public:
  // Reads and checks a model file. Errors name the file and what is wrong.
  static absl::StatusOr<PieceCutter> Load(const std::string& path);

  // The pieces of `text`, with offsets in it that never decrease.
  absl::StatusOr<std::vector<SentencePiece>> Cut(absl::string_view text) const;

  // The text of pieces, which need not be the model's; any bytes.
  absl::StatusOr<std::string> Join(
      const std::vector<std::string>& pieces) const;

 private:
  // What a character is to the model, on its own.
  enum class Kind { kKnown, kUnknown, kNothing };
  using KindCache = absl::flat_hash_map<absl::string_view, Kind>;
  struct Part;

  explicit PieceCutter(std::unique_ptr<const SentencePieceModel> model);

  // Where to cut `text`, which is long.
  absl::StatusOr<std::vector<Part>> Plan(absl::string_view text) const;
  absl::StatusOr<Kind> KindOf(absl::string_view character,
                              KindCache* cache) const;
  absl::StatusOr<Kind> FindKind(absl::string_view character) const;
  absl::Status CutPart(absl::string_view text, const Part& part,
                       std::vector<SentencePiece>* pieces) const;

  std::unique_ptr<const SentencePieceModel> model_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_PIECE_CUTTER_H_
