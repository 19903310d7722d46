#include "engine/tokenizer/bert_files.h"

#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/tokenizer/classic_tokens.h"
#include "engine/tokenizer/model_file.h"
#include "engine/tokenizer/subword/wordpiece.h"
#include "engine/tokenizer/text/bert_normalizer.h"
#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/decoders.h"
#include "engine/tokenizer/text/pre_tokenizers.h"
#include "engine/tokenizer/text/unicode_properties.h"
#include "engine/tokenizer/vocabulary.h"

namespace parley {
namespace {

using Vocab = std::vector<std::pair<std::string, TokenId>>;

// In the order in which those that the vocabulary lacks get their ids.
constexpr NamedToken kBertTokens[] = {
    {"unk_token", "[UNK]"}, {"sep_token", "[SEP]"},   {"pad_token", "[PAD]"},
    {"cls_token", "[CLS]"}, {"mask_token", "[MASK]"},
};
constexpr NamedToken kMpnetTokens[] = {
    {"bos_token", "<s>"},
    {"eos_token", "</s>"},
    {"unk_token", "[UNK]"},
    {"sep_token", "</s>"},
    {"pad_token", "<pad>"},
    {"cls_token", "<s>"},
    {"mask_token", "<mask>", /*normalized=*/false, /*lstrip=*/true},
};

absl::string_view TrimEnd(absl::string_view line) {
  while (!line.empty()) {
    const CodePoint last = CodePointBefore(line, line.size());
    if (!IsWhitespace(last.value)) break;
    line.remove_suffix(last.num_bytes);
  }
  return line;
}

// One token in each line; its number is the id. Of equal lines the last counts.
absl::StatusOr<Vocab> ReadVocabTxt(const std::string& path) {
  PARLEY_ASSIGN_OR_RETURN(const std::string text,
                          ReadModelFile(path, kMaxVocabularyFileBytes));
  const size_t num_valid = ValidUtf8PrefixBytes(text);
  if (num_valid < text.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": not UTF-8 at byte ", num_valid));
  }
  Vocab vocab;
  absl::string_view rest = text;
  while (!rest.empty()) {
    if (vocab.size() > kMaxTokenId) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": it has more than ", kMaxTokenId + 1, " lines"));
    }
    const size_t end = rest.find('\n');
    const TokenId id = static_cast<TokenId>(vocab.size());
    vocab.push_back({std::string(TrimEnd(rest.substr(0, end))), id});
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return vocab;
}

size_t CountDistinct(const Vocab& vocab) {
  absl::flat_hash_set<absl::string_view> tokens;
  for (const auto& [token, id] : vocab) tokens.insert(token);
  return tokens.size();
}

absl::StatusOr<BertNormalizerOptions> ReadOptions(
    const EncoderTokenizerConfig& config) {
  BertNormalizerOptions options;
  PARLEY_ASSIGN_OR_RETURN(options.lowercase,
                          config.Get("do_lower_case").BoolOr(true));
  PARLEY_ASSIGN_OR_RETURN(options.handle_chinese_chars,
                          config.Get("tokenize_chinese_chars").BoolOr(true));
  const JsonNode strip_accents = config.Get("strip_accents");
  if (!strip_accents.is_missing()) {
    PARLEY_ASSIGN_OR_RETURN(options.strip_accents, strip_accents.AsBool());
  }
  return options;
}

}  // namespace

absl::StatusOr<TokenizerSteps> ReadBertFiles(
    const std::string& directory, const EncoderTokenizerConfig& config) {
  const bool is_mpnet = config.tokenizer_class == "MPNetTokenizer";
  WordPieceOptions wordpiece;
  PARLEY_ASSIGN_OR_RETURN(wordpiece.vocab,
                          ReadVocabTxt(directory + "/vocab.txt"));
  wordpiece.unk_token = config.SpecialToken("unk_token", "[UNK]");
  const size_t num_tokens = CountDistinct(wordpiece.vocab);
  PARLEY_ASSIGN_OR_RETURN(const BertNormalizerOptions options,
                          ReadOptions(config));
  TokenizerSteps steps;
  steps.normalizer = CreateBertNormalizer(options);
  steps.pre_tokenizer = CreateBertPreTokenizer();
  PARLEY_ASSIGN_OR_RETURN(steps.model, CreateWordPiece(std::move(wordpiece)));
  steps.decoder = CreateWordPieceDecoder({});

  ClassicTokens tokens(*steps.model, num_tokens, config);
  tokens.AddListed();
  tokens.AddNamed(is_mpnet ? absl::MakeConstSpan(kMpnetTokens)
                           : absl::MakeConstSpan(kBertTokens));
  steps.added = AddedVocabulary(tokens.Take(), steps.normalizer.get());

  const absl::string_view cls = is_mpnet ? "<s>" : "[CLS]";
  const absl::string_view sep = is_mpnet ? "</s>" : "[SEP]";
  const TokenId cls_id =
      *steps.added.Find(config.SpecialToken("cls_token", cls));
  const TokenId sep_id =
      *steps.added.Find(config.SpecialToken("sep_token", sep));
  steps.post_processor = is_mpnet ? RobertaPostProcessor(cls_id, sep_id)
                                  : BertPostProcessor(cls_id, sep_id);
  steps.post_processor.trimming.enabled = is_mpnet;
  return steps;
}

}  // namespace parley
