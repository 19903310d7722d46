// Unicode normal forms of Unicode 9.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_NORMAL_FORM_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_NORMAL_FORM_H_

#include <memory>

#include "engine/tokenizer/text/steps.h"

namespace parley {

enum class NormalForm { kNfc, kNfd, kNfkc, kNfkd };

std::unique_ptr<const Normalizer> CreateNormalForm(NormalForm form);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_NORMAL_FORM_H_
