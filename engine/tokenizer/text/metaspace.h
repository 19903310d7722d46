// Words as SentencePiece marks them: each begins with a visible character that
// stands for the space before it.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_METASPACE_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_METASPACE_H_

#include <memory>
#include <string>

#include "engine/tokenizer/text/steps.h"

namespace parley {

enum class PrependScheme { kFirst, kNever, kAlways };

struct MetaspaceOptions {
  std::string replacement = "\u2581";  // One character.
  // Which words get one where they do not start with it. kFirst: those from
  // the text's very begin.
  PrependScheme prepend_scheme = PrependScheme::kAlways;
  bool split = true;  // Before each replacement.
};

// Replaces spaces (U+0020 only), prepends, and splits.
std::unique_ptr<PreTokenizer> CreateMetaspacePreTokenizer(
    const MetaspaceOptions& options);

// Gives the spaces back; none in the first token, unless the scheme is kNever.
std::unique_ptr<Decoder> CreateMetaspaceDecoder(
    const MetaspaceOptions& options);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_METASPACE_H_
