// The tokenizer of MarianMT (OPUS-MT) directories, as transformers'
// MarianTokenizer has it: SentencePiece cuts, vocab.json numbers.
#ifndef PARLEY_ENGINE_TOKENIZER_MARIAN_TOKENIZER_H_
#define PARLEY_ENGINE_TOKENIZER_MARIAN_TOKENIZER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/api/tokenizer.h"
#include "engine/tokenizer/vocabulary.h"

namespace parley {

// What the tokenizer's files say beyond text and ids.
struct MarianTokenizerInfo {
  int source_vocab_size = 0;  // Greatest id + 1.
  int target_vocab_size = 0;
  // tokenizer_config.json, empty where it does not say.
  std::string source_language;
  std::string target_language;
  // Limit of a source text in tokens, special tokens included
  // (model_max_length); 0 where it sets none.
  int max_tokens = 0;
  // Languages that the vocabulary has a token >>xx<< for: "xx", by rising id.
  std::vector<std::string> target_languages;
};

// Gives the ids and texts that transformers 5.23 gives. With separate
// vocabularies that has one oddity: special tokens are known by their ids on
// the source side, so a target token that has one of these is left out of
// decoded text, and a special token under another id is not.
//
// Texts above kMaxPartBytes (piece_cutter.h) are cut in parts.
class MarianTokenizer : public Tokenizer {
 public:
  // Reads source.spm, target.spm, vocab.json, tokenizer_config.json and, for
  // separate vocabularies, target_vocab.json of `directory`. Errors name the
  // file and what is wrong in it.
  static absl::StatusOr<std::unique_ptr<MarianTokenizer>> Load(
      const std::string& directory);

  virtual const MarianTokenizerInfo& info() const = 0;

  // As the files list them, without added tokens; the same one twice where it
  // is joint.
  virtual const Vocabulary& source_vocabulary() const = 0;
  virtual const Vocabulary& target_vocabulary() const = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_MARIAN_TOKENIZER_H_
