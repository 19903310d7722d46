// Items to what the model reads: tokenized, cut to the window, assembled.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_ITEM_READER_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_ITEM_READER_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/api/encoder_tokenizer.h"
#include "server/batching/served_model.h"
#include "server/pipeline/embedding/items.h"

namespace parley {

// Reads the items of one call, as its limits say. Immutable; the model must
// outlive it.
//
// Errors of Read... are the item's own: INVALID_ARGUMENT where a side is
// missing, where it is too long and may not be cut, where the tokenizer or the
// segments refuse it.
class ItemReader {
 public:
  struct Options {
    TokenLimits limits;
    std::string prompt;  // Before each text and each pair's first.
    // Whether there must be room for a pair's special tokens.
    bool takes_pairs = false;
    bool add_special_tokens = true;
    bool takes_any_length = false;  // Whatever `limits` say.
  };

  // INVALID_ARGUMENT where max_tokens is out of range.
  static absl::StatusOr<ItemReader> Create(const ServedModel* model,
                                           Options options);

  absl::StatusOr<EncoderInput> ReadText(absl::string_view text) const;
  absl::StatusOr<EncoderInput> ReadPair(const TextPair& pair) const;
  // As it is: never cut. Its offsets are empty, and its tokens are no special
  // ones.
  absl::StatusOr<EncoderInput> ReadInput(const TokenInput& input) const;

  // The tokens of `text` with the prompt before it, whatever their number,
  // without special tokens.
  absl::StatusOr<Encoding> Tokenize(absl::string_view text) const;

  // Tokens at the front of an item that are there for its prompt: those of the
  // prompt by itself, the special ones before it included, as
  // sentence-transformers counts them. 0 without a prompt.
  absl::StatusOr<int> CountPromptTokens() const;

  // Tokens of an item at most, special tokens included.
  int window() const { return window_; }
  const EncoderTokenizer& tokenizer() const {
    return *model_->encoder_tokenizer;
  }
  const std::string& prompt() const { return options_.prompt; }

 private:
  ItemReader(const ServedModel* model, Options options, int window)
      : model_(model), options_(std::move(options)), window_(window) {}

  absl::StatusOr<EncoderInput> Assemble(const Encoding& first,
                                        const Encoding* second) const;
  int NumSpecialTokens(int num_texts) const;

  const ServedModel* model_;
  Options options_;
  int window_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_ITEM_READER_H_
