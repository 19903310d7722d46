// The small normalizers of tokenizer.json, by their names there.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_NORMALIZERS_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_NORMALIZERS_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/tokenizer/text/steps.h"

namespace parley {

// "Lowercase": each character by itself.
std::unique_ptr<const Normalizer> CreateLowercase();

// "StripAccents": takes marks away. Accents that are one character with their
// letter stay; a normal form before it takes them apart.
std::unique_ptr<const Normalizer> CreateStripAccents();

struct StripOptions {
  bool left = true;
  bool right = true;
};
// "Strip": takes the white space at the ends away.
std::unique_ptr<const Normalizer> CreateStrip(const StripOptions& options);

// "Prepend": writes `text` before a text that is not empty.
std::unique_ptr<const Normalizer> CreatePrepend(std::string text);

// "Nmt": control characters away, and other space-like characters to spaces.
std::unique_ptr<const Normalizer> CreateNmt();

// "Sequence": one after the other.
std::unique_ptr<const Normalizer> CreateNormalizerSequence(
    std::vector<std::unique_ptr<const Normalizer>> steps);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_NORMALIZERS_H_
