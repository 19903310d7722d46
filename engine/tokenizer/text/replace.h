// "Replace": every match of a pattern becomes another text.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_REPLACE_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_REPLACE_H_

#include <memory>
#include <string>

#include "engine/tokenizer/text/pattern.h"
#include "engine/tokenizer/text/steps.h"

namespace parley {

// REQUIRES: `pattern` is not null.
std::unique_ptr<const Normalizer> CreateReplace(
    std::unique_ptr<const Pattern> pattern, std::string content);

// The same in each token.
std::unique_ptr<const Decoder> CreateReplaceDecoder(
    std::unique_ptr<const Pattern> pattern, std::string content);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_REPLACE_H_
