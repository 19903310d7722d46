// Encoder models of the reference outputs, made whole by a small vocabulary.
#ifndef PARLEY_TESTS_TOOLS_LOCAL_ENCODER_COPY_H_
#define PARLEY_TESTS_TOOLS_LOCAL_ENCODER_COPY_H_

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/engine/models/golden_encoder.h"
#include "tests/temp_folder.h"

namespace parley::tools {

// A copy with a vocabulary of words w0, w1 ... in BERT's form.
class EncoderCopy {
 public:
  explicit EncoderCopy(const std::string& name) {
    std::filesystem::copy(GoldenEncoderPath(name), path(),
                          std::filesystem::copy_options::recursive);
    std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (int i = 0; i < 60; ++i) absl::StrAppend(&vocabulary, "w", i, "\n");
    folder_.Write("model/vocab.txt", vocabulary);
    folder_.Write("model/tokenizer_config.json",
                  R"({"tokenizer_class": "BertTokenizer"})");
  }

  std::string path() const { return folder_.path() + "/model"; }

 private:
  TempFolder folder_;
};

}  // namespace parley::tools

#endif  // PARLEY_TESTS_TOOLS_LOCAL_ENCODER_COPY_H_
