#include "engine/tokenizer/roberta_files.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/tokenizer/classic_tokens.h"
#include "engine/tokenizer/model_file.h"
#include "engine/tokenizer/subword/bpe.h"
#include "engine/tokenizer/text/byte_level.h"
#include "engine/tokenizer/vocabulary.h"

namespace parley {
namespace {

using Merges = std::vector<std::pair<std::string, std::string>>;

// Two tokens in each line, but for lines that tell the format's version.
absl::StatusOr<Merges> ReadMerges(const std::string& path) {
  absl::StatusOr<std::string> text =
      ReadModelFile(path, kMaxVocabularyFileBytes);
  if (absl::IsNotFound(text.status())) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": no such file, expected beside vocab.json"));
  }
  PARLEY_RETURN_IF_ERROR(text.status());
  const size_t num_valid = ValidUtf8PrefixBytes(*text);
  if (num_valid < text->size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": not UTF-8 at byte ", num_valid));
  }
  Merges merges;
  int line_number = 0;
  for (absl::string_view line :
       absl::StrSplit(absl::StripSuffix(*text, "\n"), '\n')) {
    ++line_number;
    line = absl::StripSuffix(line, "\r");
    if (absl::StartsWith(line, "#version") || text->empty()) continue;
    const std::vector<absl::string_view> tokens = absl::StrSplit(line, ' ');
    if (tokens.size() != 2) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line ", line_number, " has ", tokens.size(),
                       " tokens, expected two with one space between"));
    }
    merges.emplace_back(tokens[0], tokens[1]);
  }
  return merges;
}

absl::StatusOr<std::unique_ptr<const SubwordModel>> ReadBpe(
    const std::string& directory, size_t* num_tokens) {
  BpeOptions options;
  PARLEY_ASSIGN_OR_RETURN(const Vocabulary vocabulary,
                          Vocabulary::Read(directory + "/vocab.json"));
  for (const std::string& token : vocabulary.tokens()) {
    options.vocab.emplace_back(token, *vocabulary.Find(token));
  }
  *num_tokens = options.vocab.size();
  const std::string merges_path = directory + "/merges.txt";
  PARLEY_ASSIGN_OR_RETURN(options.merges, ReadMerges(merges_path));
  auto model = CreateBpe(std::move(options));
  if (model.ok()) return *std::move(model);
  return absl::Status(
      model.status().code(),
      absl::StrCat(merges_path, ": ", model.status().message()));
}

}  // namespace

absl::StatusOr<TokenizerSteps> ReadRobertaFiles(
    const std::string& directory, const EncoderTokenizerConfig& config) {
  TokenizerSteps steps;
  size_t num_tokens = 0;
  PARLEY_ASSIGN_OR_RETURN(steps.model, ReadBpe(directory, &num_tokens));
  PARLEY_ASSIGN_OR_RETURN(const bool add_prefix_space,
                          config.Get("add_prefix_space").BoolOr(false));
  PARLEY_ASSIGN_OR_RETURN(const bool trim_offsets,
                          config.Get("trim_offsets").BoolOr(true));
  steps.pre_tokenizer =
      CreateByteLevelPreTokenizer({.add_prefix_space = add_prefix_space});
  steps.decoder = CreateByteLevelDecoder();

  ClassicTokens tokens(*steps.model, num_tokens, config);
  tokens.AddListed();
  tokens.AddNamed(kRobertaTokens);
  steps.added = AddedVocabulary(tokens.Take(), /*normalizer=*/nullptr);
  steps.post_processor = RobertaPostProcessor(
      *steps.added.Find(config.SpecialToken("cls_token", "<s>")),
      *steps.added.Find(config.SpecialToken("sep_token", "</s>")));
  steps.post_processor.trimming = {.enabled = trim_offsets,
                                   .add_prefix_space = add_prefix_space};
  return steps;
}

}  // namespace parley
