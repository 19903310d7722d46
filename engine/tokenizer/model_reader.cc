#include "engine/tokenizer/model_reader.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/tokenizer/step_readers.h"
#include "engine/tokenizer/subword/bpe.h"
#include "engine/tokenizer/subword/unigram.h"
#include "engine/tokenizer/subword/wordpiece.h"
#include "engine/tokenizer/vocabulary.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

using Json = nlohmann::json;
using ModelPtr = std::unique_ptr<const SubwordModel>;

constexpr size_t kMaxTokenBytes = 1024;

// What a model's maker says of its parts, with their place.
absl::StatusOr<ModelPtr> Placed(
    const JsonNode& node, absl::StatusOr<std::unique_ptr<SubwordModel>> model) {
  if (model.ok()) return *std::move(model);
  return absl::Status(
      model.status().code(),
      absl::StrCat(node.place(), ": ", model.status().message()));
}

absl::Status CheckToken(const JsonNode& node, absl::string_view token) {
  if (token.size() <= kMaxTokenBytes) return absl::OkStatus();
  return node.Wrong(absl::StrCat("has a token of ", token.size(),
                                 " bytes, expected at most ", kMaxTokenBytes));
}

// Ids by token.
absl::StatusOr<std::vector<std::pair<std::string, TokenId>>> ReadVocab(
    const JsonNode& node) {
  if (!node.is_object()) return node.Expected("an object of ids by token");
  std::vector<std::pair<std::string, TokenId>> vocab;
  vocab.reserve(node.value().size());
  absl::flat_hash_map<TokenId, const std::string*> tokens;
  for (const auto& [token, id] : node.value().items()) {
    PARLEY_RETURN_IF_ERROR(CheckToken(node, token));
    if (!id.is_number_unsigned() || id.get<uint64_t>() > kMaxTokenId) {
      return node.Get(token).Expected(
          absl::StrCat("an integer from 0 to ", kMaxTokenId));
    }
    vocab.push_back({token, id.get<TokenId>()});
  }
  for (const auto& [token, id] : vocab) {
    const auto [it, inserted] = tokens.emplace(id, &token);
    if (inserted) continue;
    return node.Wrong(absl::StrCat(
        "has the id ", id, " twice: of \"", absl::Utf8SafeCEscape(*it->second),
        "\" and of \"", absl::Utf8SafeCEscape(token), "\""));
  }
  return vocab;
}

absl::StatusOr<ModelPtr> ReadWordPiece(const JsonNode& node) {
  WordPieceOptions options;
  PARLEY_ASSIGN_OR_RETURN(options.vocab, ReadVocab(node.Get("vocab")));
  PARLEY_ASSIGN_OR_RETURN(options.unk_token, node.Get("unk_token").AsString());
  PARLEY_ASSIGN_OR_RETURN(options.continuing_subword_prefix,
                          node.Get("continuing_subword_prefix").AsString());
  constexpr int64_t kMaxChars = int64_t{1} << 32;
  PARLEY_ASSIGN_OR_RETURN(
      options.max_input_chars_per_word,
      node.Get("max_input_chars_per_word").AsCount(kMaxChars));
  return Placed(node, CreateWordPiece(std::move(options)));
}

// "a b", or ["a", "b"].
absl::StatusOr<std::pair<std::string, std::string>> ReadMerge(
    const JsonNode& node, const Json& merge) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
      merge[1].is_string()) {
    return std::pair(merge[0].get<std::string>(), merge[1].get<std::string>());
  }
  if (merge.is_string()) {
    const std::string& text = merge.get_ref<const std::string&>();
    const size_t space = text.find(' ');
    if (space != std::string::npos &&
        text.find(' ', space + 1) == std::string::npos) {
      return std::pair(text.substr(0, space), text.substr(space + 1));
    }
  }
  return JsonNode(&merge, node.place())
      .Expected("merges of two tokens, \"a b\" or [\"a\", \"b\"]");
}

absl::Status ReadMerges(const JsonNode& node, BpeOptions* options) {
  if (!node.is_array()) return node.Expected("an array of merges");
  options->merges.reserve(node.value().size());
  for (const Json& merge : node.value()) {
    if (merge.is_string() &&
        absl::StartsWith(merge.get_ref<const std::string&>(), "#version")) {
      continue;
    }
    PARLEY_ASSIGN_OR_RETURN(auto pair, ReadMerge(node, merge));
    options->merges.push_back(std::move(pair));
  }
  return absl::OkStatus();
}

absl::StatusOr<ModelPtr> ReadBpe(const JsonNode& node) {
  BpeOptions options;
  PARLEY_ASSIGN_OR_RETURN(options.vocab, ReadVocab(node.Get("vocab")));
  PARLEY_RETURN_IF_ERROR(ReadMerges(node.Get("merges"), &options));
  const JsonNode dropout = node.Get("dropout");
  if (!dropout.is_missing() && dropout.value() != 0) {
    return dropout.Wrong("is set, which would make cutting random");
  }
  const JsonNode unk_token = node.Get("unk_token");
  if (!unk_token.is_missing()) {
    PARLEY_ASSIGN_OR_RETURN(options.unk_token, unk_token.AsString());
  }
  PARLEY_ASSIGN_OR_RETURN(options.continuing_subword_prefix,
                          node.Get("continuing_subword_prefix").StringOr(""));
  PARLEY_ASSIGN_OR_RETURN(options.end_of_word_suffix,
                          node.Get("end_of_word_suffix").StringOr(""));
  PARLEY_ASSIGN_OR_RETURN(options.fuse_unk, node.Get("fuse_unk").BoolOr(false));
  PARLEY_ASSIGN_OR_RETURN(options.byte_fallback,
                          node.Get("byte_fallback").BoolOr(false));
  PARLEY_ASSIGN_OR_RETURN(options.ignore_merges,
                          node.Get("ignore_merges").BoolOr(false));
  return Placed(node, CreateBpe(std::move(options)));
}

absl::StatusOr<ModelPtr> ReadUnigram(const JsonNode& node) {
  UnigramOptions options;
  const JsonNode vocab = node.Get("vocab");
  if (!vocab.is_array()) return vocab.Expected("an array of pieces");
  options.pieces.reserve(vocab.value().size());
  for (const Json& piece : vocab.value()) {
    if (!piece.is_array() || piece.size() != 2 || !piece[0].is_string() ||
        !piece[1].is_number()) {
      return JsonNode(&piece, vocab.place())
          .Expected("pieces with their scores, [\"a\", -1.5]");
    }
    options.pieces.push_back(
        {piece[0].get<std::string>(), piece[1].get<double>()});
    PARLEY_RETURN_IF_ERROR(CheckToken(vocab, options.pieces.back().text));
  }
  const JsonNode unk_id = node.Get("unk_id");
  if (!unk_id.is_missing()) {
    PARLEY_ASSIGN_OR_RETURN(options.unk_id, unk_id.AsCount(kMaxTokenId));
  }
  PARLEY_ASSIGN_OR_RETURN(options.byte_fallback,
                          node.Get("byte_fallback").BoolOr(false));
  return Placed(node, CreateUnigram(std::move(options)));
}

std::string TypeByKeys(const JsonNode& node) {
  if (!node.Get("merges").is_missing()) return "BPE";
  if (node.Get("vocab").is_array()) return "Unigram";
  return node.Get("max_input_chars_per_word").is_missing() ? "WordLevel"
                                                           : "WordPiece";
}

}  // namespace

absl::StatusOr<ModelPtr> ReadSubwordModel(const JsonNode& node) {
  if (!node.is_object()) return node.Expected("an object");
  PARLEY_ASSIGN_OR_RETURN(const std::string type,
                          node.Get("type").StringOr(TypeByKeys(node)));
  if (type == "WordPiece") return ReadWordPiece(node);
  if (type == "BPE") return ReadBpe(node);
  if (type == "Unigram") return ReadUnigram(node);
  return UnknownType(node, type);
}

}  // namespace parley
