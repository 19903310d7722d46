// The steps between a text and a tokenizer's model, as tokenizer.json lists
// them: normalizers rewrite, pre-tokenizers cut into words.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_STEPS_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_STEPS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/tokenizer/text/aligned_text.h"

namespace parley {

// Immutable: any thread may call everything at any time. The same of the
// others here.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void Apply(AlignedText* text) const = 0;
};

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  // Replaces each word by its parts, in order; some also rewrite them. No part
  // is empty.
  virtual void Apply(std::vector<AlignedText>* words) const = 0;
};

// Joins the texts of tokens.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Each token becomes the text that it stands for in the result; these,
  // joined, are the decoded text, which need not be valid UTF-8 yet.
  virtual void Apply(std::vector<std::string>* tokens) const = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_STEPS_H_
