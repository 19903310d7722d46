#include "engine/tokenizer/tokenizer_config.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/tokenizer/model_file.h"
#include "engine/tokenizer/vocabulary.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

using Json = nlohmann::json;

// One file of a tokenizer, for as long as it is read.
struct File {
  std::string path;
  Json json;  // An object.

  absl::Status Wrong(absl::string_view key, absl::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", absl::Utf8SafeCEscape(key), " ", what));
  }
};

// nullopt where there is no such file.
absl::StatusOr<std::optional<File>> ReadJsonObject(const std::string& path) {
  absl::StatusOr<std::string> text =
      ReadModelFile(path, kMaxTokenizerConfigBytes);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  PARLEY_RETURN_IF_ERROR(text.status());
  File file{.path = path};
  try {
    file.json = Json::parse(*text);
  } catch (const std::exception& exception) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": not JSON: ", MakeValidUtf8(exception.what())));
  }
  if (!file.json.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": its top is not an object"));
  }
  return std::optional<File>(std::move(file));
}

// The value of a key; nullptr where it is missing or null.
const Json* Find(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

absl::Status ReadString(const File& file, const char* key, std::string* value) {
  const Json* found = Find(file.json, key);
  if (found == nullptr) return absl::OkStatus();
  if (!found->is_string()) return file.Wrong(key, "is not a string");
  *value = found->get<std::string>();
  return absl::OkStatus();
}

absl::Status ReadBool(const Json& object, const char* key, const File& file,
                      bool* value) {
  const Json* found = Find(object, key);
  if (found == nullptr) return absl::OkStatus();
  if (!found->is_boolean()) return file.Wrong(key, "is not true or false");
  *value = found->get<bool>();
  return absl::OkStatus();
}

// A token is written as a string, or as an object with its text in "content".
absl::Status ReadTokenText(const Json& value, absl::string_view key,
                           const File& file, std::string* text) {
  const Json* content = &value;
  if (value.is_object()) content = Find(value, "content");
  if (content == nullptr || !content->is_string()) {
    return file.Wrong(key,
                      "is neither a string nor an object with \"content\"");
  }
  *text = content->get<std::string>();
  if (text->size() > kMaxAddedTokenBytes) {
    return file.Wrong(
        key, absl::StrCat("is longer than ", kMaxAddedTokenBytes, " bytes"));
  }
  return absl::OkStatus();
}

// Gathers what the files say; special tokens by what they are for.
class ConfigReader {
 public:
  ConfigReader() {
    named_["unk_token"] = config_.unk_token;
    named_["eos_token"] = config_.eos_token;
    named_["pad_token"] = "<pad>";
  }

  absl::Status ReadConfig(const File& file) {
    PARLEY_RETURN_IF_ERROR(
        ReadString(file, "source_lang", &config_.source_language));
    PARLEY_RETURN_IF_ERROR(
        ReadString(file, "target_lang", &config_.target_language));
    PARLEY_RETURN_IF_ERROR(
        ReadBool(file.json, "separate_vocabs", file, &config_.separate_vocabs));
    PARLEY_RETURN_IF_ERROR(ReadBool(file.json, "split_special_tokens", file,
                                    &config_.split_special_tokens));
    PARLEY_RETURN_IF_ERROR(ReadBool(file.json, "clean_up_tokenization_spaces",
                                    file, &config_.clean_up_spaces));
    PARLEY_RETURN_IF_ERROR(ReadMaxLength(file));
    PARLEY_RETURN_IF_ERROR(CheckSentencePieceOptions(file));
    PARLEY_RETURN_IF_ERROR(ReadSpecialTokens(file));
    return ReadAddedTokens(file);
  }

  // Of tokenizer_config.json or of special_tokens_map.json.
  absl::Status ReadSpecialTokens(const File& file) {
    for (const auto& [key, value] : file.json.items()) {
      if (key == "extra_special_tokens" || key == "additional_special_tokens") {
        PARLEY_RETURN_IF_ERROR(ReadMoreSpecialTokens(key, value, file));
        continue;
      }
      // "add_bos_token" and the like are no tokens.
      if (!absl::EndsWith(key, "_token") || value.is_boolean()) continue;
      if (value.is_null()) {
        named_[key].clear();
        continue;
      }
      PARLEY_RETURN_IF_ERROR(ReadTokenText(value, key, file, &named_[key]));
    }
    return absl::OkStatus();
  }

  // added_tokens.json: ids by token.
  absl::Status ReadOldAddedTokens(const File& file) {
    for (const auto& [text, id] : file.json.items()) {
      if (!id.is_number_integer()) {
        return file.Wrong(text, "has an id that is not an integer");
      }
      const int64_t number =
          id.is_number_unsigned() && id.get<uint64_t>() > kMaxTokenId
              ? -1
              : id.get<int64_t>();
      PARLEY_RETURN_IF_ERROR(AddToken(file, {.text = text}, number));
    }
    return absl::OkStatus();
  }

  bool has_added_tokens() const { return has_added_tokens_; }

  absl::StatusOr<TokenizerConfig> Take(const std::string& path) && {
    config_.unk_token = named_["unk_token"];
    config_.eos_token = named_["eos_token"];
    if (config_.unk_token.empty() || config_.eos_token.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ": ", config_.unk_token.empty() ? "unk_token" : "eos_token",
          " is empty"));
    }
    for (const auto& [key, text] : named_) more_.push_back(text);
    for (const std::string& text : more_) {
      auto& known = config_.special_tokens;
      if (!text.empty() &&
          std::find(known.begin(), known.end(), text) == known.end()) {
        known.push_back(text);
      }
    }
    return std::move(config_);
  }

 private:
  // transformers writes int(1e30) for none.
  absl::Status ReadMaxLength(const File& file) {
    const Json* found = Find(file.json, "model_max_length");
    if (found == nullptr) return absl::OkStatus();
    const double value = found->is_number() ? found->get<double>() : 0;
    if (!(value >= 1) || value != std::floor(value)) {
      return file.Wrong("model_max_length", "is not a positive integer");
    }
    config_.max_tokens =
        value > std::numeric_limits<int>::max() ? 0 : static_cast<int>(value);
    return absl::OkStatus();
  }

  // They would make cutting random, or change what it gives.
  static absl::Status CheckSentencePieceOptions(const File& file) {
    const Json* found = Find(file.json, "sp_model_kwargs");
    if (found == nullptr || (found->is_object() && found->empty())) {
      return absl::OkStatus();
    }
    return file.Wrong("sp_model_kwargs", "is not empty, which is unsupported");
  }

  absl::Status ReadMoreSpecialTokens(absl::string_view key, const Json& value,
                                     const File& file) {
    if (value.is_null()) return absl::OkStatus();
    if (!value.is_array() && !value.is_object()) {
      return file.Wrong(key, "is neither an array nor an object of tokens");
    }
    if (value.size() > kMaxSpecialTokens) {
      return file.Wrong(
          key, absl::StrCat("has more than ", kMaxSpecialTokens, " tokens"));
    }
    for (const Json& token : value) {
      PARLEY_RETURN_IF_ERROR(
          ReadTokenText(token, key, file, &more_.emplace_back()));
    }
    return absl::OkStatus();
  }

  // added_tokens_decoder: tokens by id, the id as a string.
  absl::Status ReadAddedTokens(const File& file) {
    constexpr char kKey[] = "added_tokens_decoder";
    const Json* found = Find(file.json, kKey);
    if (found == nullptr) return absl::OkStatus();
    has_added_tokens_ = true;
    if (!found->is_object()) return file.Wrong(kKey, "is not an object");
    for (const auto& [id, value] : found->items()) {
      int64_t number = 0;
      if (!absl::SimpleAtoi(id, &number)) number = -1;
      AddedToken token;
      PARLEY_RETURN_IF_ERROR(ReadTokenText(value, kKey, file, &token.text));
      if (value.is_object()) {
        bool single_word = false;
        PARLEY_RETURN_IF_ERROR(
            ReadBool(value, "lstrip", file, &token.strip_before));
        PARLEY_RETURN_IF_ERROR(
            ReadBool(value, "rstrip", file, &token.strip_after));
        PARLEY_RETURN_IF_ERROR(
            ReadBool(value, "single_word", file, &single_word));
        if (single_word) {
          return file.Wrong(kKey,
                            "has a token that sets single_word, which "
                            "is unsupported");
        }
      }
      PARLEY_RETURN_IF_ERROR(AddToken(file, std::move(token), number));
    }
    return absl::OkStatus();
  }

  absl::Status AddToken(const File& file, AddedToken token, int64_t id) {
    if (id < 0 || id > kMaxTokenId) {
      return file.Wrong(token.text,
                        absl::StrCat("has an id that is not an integer from 0 "
                                     "to ",
                                     kMaxTokenId));
    }
    if (token.text.empty() || token.text.size() > kMaxAddedTokenBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.path, ": the added token ", id, " has ", token.text.size(),
          " bytes, expected 1 to ", kMaxAddedTokenBytes));
    }
    token.id = static_cast<TokenId>(id);
    config_.added_tokens.push_back(std::move(token));
    return absl::OkStatus();
  }

  // Each is compared with all others.
  static constexpr size_t kMaxSpecialTokens = 1024;

  TokenizerConfig config_;
  std::map<std::string, std::string> named_;  // By key, e.g. "pad_token".
  std::vector<std::string> more_;
  bool has_added_tokens_ = false;
};

}  // namespace

absl::StatusOr<TokenizerConfig> ReadTokenizerConfig(
    const std::string& directory) {
  const std::string path = absl::StrCat(directory, "/tokenizer_config.json");
  ConfigReader reader;
  PARLEY_ASSIGN_OR_RETURN(const std::optional<File> config,
                          ReadJsonObject(path));
  if (config.has_value()) PARLEY_RETURN_IF_ERROR(reader.ReadConfig(*config));
  if (!reader.has_added_tokens()) {
    PARLEY_ASSIGN_OR_RETURN(
        const std::optional<File> map,
        ReadJsonObject(absl::StrCat(directory, "/special_tokens_map.json")));
    if (map.has_value()) {
      PARLEY_RETURN_IF_ERROR(reader.ReadSpecialTokens(*map));
    }
    PARLEY_ASSIGN_OR_RETURN(
        const std::optional<File> added,
        ReadJsonObject(absl::StrCat(directory, "/added_tokens.json")));
    if (added.has_value()) {
      PARLEY_RETURN_IF_ERROR(reader.ReadOldAddedTokens(*added));
    }
  }
  return std::move(reader).Take(path);
}

}  // namespace parley
