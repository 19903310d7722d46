#include "engine/tokenizer/sentencepiece_files.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "engine/tokenizer/classic_tokens.h"
#include "engine/tokenizer/json_node.h"
#include "engine/tokenizer/model_file.h"
#include "engine/tokenizer/sentencepiece_check.h"
#include "engine/tokenizer/sentencepiece_proto.h"
#include "engine/tokenizer/subword/unigram.h"
#include "engine/tokenizer/text/metaspace.h"
#include "engine/tokenizer/text/pre_tokenizers.h"
#include "engine/tokenizer/text/precompiled.h"

namespace parley {
namespace {

constexpr NamedToken kCamembertTokens[] = {
    {"bos_token", "<s>"},
    {"eos_token", "</s>"},
    {"unk_token", "<unk>"},
    {"sep_token", "</s>"},
    {"pad_token", "<pad>"},
    {"cls_token", "<s>"},
    {.name = "mask_token", .text = "<mask>", .lstrip = true},
};

absl::StatusOr<bool> IsCamembert(const std::string& directory,
                                 const EncoderTokenizerConfig& config) {
  if (!config.tokenizer_class.empty()) {
    return config.tokenizer_class == "CamembertTokenizer";
  }
  const absl::StatusOr<JsonDocument> model_config =
      JsonDocument::Read(directory + "/config.json");
  if (absl::IsNotFound(model_config.status())) return false;
  PARLEY_RETURN_IF_ERROR(model_config.status());
  PARLEY_ASSIGN_OR_RETURN(const std::string model_type,
                          model_config->root().Get("model_type").StringOr(""));
  return model_type == "camembert";
}

absl::StatusOr<SentencePieceProto> ReadProto(const std::string& path) {
  PARLEY_ASSIGN_OR_RETURN(const std::string bytes,
                          ReadModelFile(path, kMaxSentencePieceFileBytes));
  PARLEY_ASSIGN_OR_RETURN(SentencePieceProto proto,
                          ParseSentencePieceProto(bytes, path));
  if (proto.model_type != SentencePieceProto::ModelType::kUnigram) {
    return absl::UnimplementedError(absl::StrCat(
        path, ": its model_type is ", static_cast<int>(proto.model_type),
        ", which is not supported, expected 1 (unigram)"));
  }
  return proto;
}

// The vocabulary as fairseq counts it.
UnigramOptions MakePieces(const SentencePieceProto& proto, bool is_camembert,
                          const EncoderTokenizerConfig& config) {
  const auto special = [&config](absl::string_view name,
                                 absl::string_view fallback) {
    return config.SpecialToken(name, fallback);
  };
  const std::string unknown = special("unk_token", "<unk>");
  UnigramOptions options;
  if (is_camembert) {
    options.pieces = {{"<s>NOTUSED", 0},
                      {special("pad_token", "<pad>"), 0},
                      {"</s>NOTUSED", 0},
                      {unknown, 0},
                      // Worse than all others, so that it is never chosen.
                      {"<unk>NOTUSED", -100}};
  } else {
    options.pieces = {{special("bos_token", "<s>"), 0},
                      {special("pad_token", "<pad>"), 0},
                      {special("eos_token", "</s>"), 0},
                      {unknown, 0}};
  }
  const auto first = std::find_if(
      options.pieces.begin(), options.pieces.end(),
      [&unknown](const ScoredPiece& piece) { return piece.text == unknown; });
  options.unk_id =
      is_camembert
          ? static_cast<TokenId>(std::distance(options.pieces.begin(), first))
          : 3;
  for (size_t i = is_camembert ? 1 : 3; i < proto.pieces.size(); ++i) {
    options.pieces.push_back({proto.pieces[i].text, proto.pieces[i].score});
  }
  options.pieces.push_back({special("mask_token", "<mask>"), 0});
  return options;
}

// Pieces of the file that are found in a text before it is cut.
std::vector<VocabularyAddition> AdditionalTokens(
    const SentencePieceProto& proto) {
  std::vector<VocabularyAddition> tokens;
  for (const SentencePieceProto::Piece& piece : proto.pieces) {
    const bool is_control =
        piece.type == SentencePieceProto::PieceType::kControl;
    if (!is_control &&
        piece.type != SentencePieceProto::PieceType::kUserDefined) {
      continue;
    }
    VocabularyAddition token;
    token.content = piece.text;
    token.special = is_control;
    tokens.push_back(std::move(token));
  }
  return tokens;
}

absl::Status SetWordSteps(const EncoderTokenizerConfig& config,
                          TokenizerSteps* steps) {
  MetaspaceOptions metaspace;
  PARLEY_ASSIGN_OR_RETURN(const bool add_prefix_space,
                          config.Get("add_prefix_space").BoolOr(true));
  if (!add_prefix_space) metaspace.prepend_scheme = PrependScheme::kNever;
  std::vector<std::unique_ptr<const PreTokenizer>> pre_tokenizers;
  pre_tokenizers.push_back(CreateWhitespaceSplit());
  pre_tokenizers.push_back(CreateMetaspacePreTokenizer(metaspace));
  steps->pre_tokenizer = CreatePreTokenizerSequence(std::move(pre_tokenizers));
  steps->decoder = CreateMetaspaceDecoder(metaspace);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TokenizerSteps> ReadSentencePieceFiles(
    const std::string& directory, const EncoderTokenizerConfig& config) {
  const std::string path = directory + "/sentencepiece.bpe.model";
  PARLEY_ASSIGN_OR_RETURN(const SentencePieceProto proto, ReadProto(path));
  PARLEY_ASSIGN_OR_RETURN(const bool is_camembert,
                          IsCamembert(directory, config));
  UnigramOptions pieces = MakePieces(proto, is_camembert, config);
  const size_t num_tokens = pieces.pieces.size();
  TokenizerSteps steps;
  auto model = CreateUnigram(std::move(pieces));
  if (!model.ok()) {
    return absl::Status(model.status().code(),
                        absl::StrCat(path, ": ", model.status().message()));
  }
  steps.model = *std::move(model);
  if (!proto.charsmap.empty()) {
    PARLEY_ASSIGN_OR_RETURN(steps.normalizer,
                            CreatePrecompiledNormalizer(proto.charsmap));
  }
  PARLEY_RETURN_IF_ERROR(SetWordSteps(config, &steps));

  ClassicTokens tokens(*steps.model, num_tokens, config);
  tokens.AddListed();
  tokens.AddNamed(is_camembert ? absl::MakeConstSpan(kCamembertTokens)
                               : absl::MakeConstSpan(kRobertaTokens));
  for (VocabularyAddition& token : AdditionalTokens(proto)) {
    tokens.Add(std::move(token));
  }
  steps.added = AddedVocabulary(tokens.Take(), steps.normalizer.get());
  steps.post_processor = RobertaPostProcessor(
      *steps.added.Find(config.SpecialToken("bos_token", "<s>")),
      *steps.added.Find(config.SpecialToken("eos_token", "</s>")));
  return steps;
}

}  // namespace parley
