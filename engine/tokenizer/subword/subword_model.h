// A vocabulary, and how a word is cut into its pieces.
#ifndef PARLEY_ENGINE_TOKENIZER_SUBWORD_SUBWORD_MODEL_H_
#define PARLEY_ENGINE_TOKENIZER_SUBWORD_SUBWORD_MODEL_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/api/task.h"

namespace parley {

struct Subword {
  TokenId id = 0;
  size_t begin = 0;  // Bytes of the word that it stands for.
  size_t end = 0;
};

// Immutable: any thread may call everything at any time.
class SubwordModel {
 public:
  virtual ~SubwordModel() = default;

  // Appends the pieces of `word` (valid UTF-8, not empty) to `pieces`, in
  // order; false where there is no piece for some of it, nor an unknown token.
  virtual bool Encode(absl::string_view word,
                      std::vector<Subword>* pieces) const = 0;

  virtual std::optional<TokenId> FindToken(absl::string_view token) const = 0;
  // As the vocabulary has it; nullptr for an id that it has not.
  virtual const std::string* TokenText(TokenId id) const = 0;
  virtual int vocab_size() const = 0;  // Greatest id plus one.
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_SUBWORD_SUBWORD_MODEL_H_
