// Lower case of whole texts.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_FULL_LOWERCASE_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_FULL_LOWERCASE_H_

#include <memory>

#include "engine/tokenizer/text/steps.h"

namespace parley {

// As Python's str.lower: like CreateLowercase, but a sigma that ends a word
// becomes the letter for that.
std::unique_ptr<const Normalizer> CreateFullLowercase();

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_FULL_LOWERCASE_H_
