#include "engine/tokenizer/vocabulary.h"

#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/tokenizer/model_file.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

using Json = nlohmann::json;

// Takes the tokens and ids of one flat object, in their order, without
// building a tree: a tree would drop repeated keys unseen.
class VocabularyReader : public nlohmann::json_sax<Json> {
 public:
  struct Entry {
    std::string token;
    TokenId id;
  };

  std::vector<Entry>& entries() { return entries_; }
  const std::string& error() const { return error_; }

  bool number_unsigned(uint64_t value) override {
    if (!in_object_) return NotObject();
    if (value > static_cast<uint64_t>(kMaxTokenId)) return BadId(value);
    entries_.push_back({std::move(key_), static_cast<TokenId>(value)});
    return true;
  }
  bool number_integer(int64_t value) override {
    return in_object_ ? BadId(value) : NotObject();  // Negative.
  }
  bool number_float(double, const std::string& text) override {
    return BadValue(text);
  }
  bool null() override { return BadValue("null"); }
  bool boolean(bool value) override {
    return BadValue(value ? "true" : "false");
  }
  bool string(std::string&) override { return BadValue("a string"); }
  bool binary(Json::binary_t&) override { return BadValue("binary"); }
  bool start_array(std::size_t) override { return BadValue("an array"); }
  bool end_array() override { return false; }
  bool start_object(std::size_t) override {
    if (in_object_) return BadValue("an object");
    in_object_ = true;
    return true;
  }
  bool key(std::string& key) override {
    key_ = std::move(key);
    return true;
  }
  bool end_object() override { return true; }
  bool parse_error(std::size_t, const std::string&,
                   const Json::exception& exception) override {
    error_ = absl::StrCat("not JSON: ", MakeValidUtf8(exception.what()));
    return false;
  }

 private:
  bool NotObject() {
    error_ = "its top is not an object of ids by token";
    return false;
  }
  bool BadValue(absl::string_view value) {
    if (!in_object_) return NotObject();
    error_ = absl::StrCat("the id of \"", absl::Utf8SafeCEscape(key_), "\" is ",
                          value, ", expected an integer");
    return false;
  }
  template <typename Int>
  bool BadId(Int value) {
    error_ = absl::StrCat("the id of \"", absl::Utf8SafeCEscape(key_), "\" is ",
                          value, ", expected 0 to ", kMaxTokenId);
    return false;
  }

  bool in_object_ = false;
  std::string key_;
  std::vector<Entry> entries_;
  std::string error_;
};

}  // namespace

absl::StatusOr<Vocabulary> Vocabulary::Read(const std::string& path) {
  PARLEY_ASSIGN_OR_RETURN(const std::string json,
                          ReadModelFile(path, kMaxVocabularyFileBytes));
  return Parse(json, path);
}

absl::StatusOr<Vocabulary> Vocabulary::Parse(absl::string_view json,
                                             const std::string& path) {
  const auto broken = [&path](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
  };
  VocabularyReader reader;
  try {
    if (!Json::sax_parse(json.begin(), json.end(), &reader)) {
      return broken(reader.error());
    }
  } catch (const std::exception& exception) {
    return broken(MakeValidUtf8(exception.what()));
  }
  Vocabulary vocabulary;
  vocabulary.tokens_.reserve(reader.entries().size());
  vocabulary.ids_.reserve(reader.entries().size());
  for (VocabularyReader::Entry& entry : reader.entries()) {
    const int32_t index = static_cast<int32_t>(vocabulary.tokens_.size());
    vocabulary.tokens_.push_back(std::move(entry.token));
    const std::string& token = vocabulary.tokens_.back();
    if (!vocabulary.ids_.emplace(token, entry.id).second) {
      return broken(absl::StrCat("the token \"", absl::Utf8SafeCEscape(token),
                                 "\" is listed twice"));
    }
    if (entry.id >= vocabulary.size()) {
      vocabulary.index_of_id_.resize(entry.id + 1, -1);
    }
    vocabulary.index_of_id_[entry.id] = index;
  }
  return vocabulary;
}

std::optional<TokenId> Vocabulary::Find(absl::string_view token) const {
  const auto it = ids_.find(token);
  if (it == ids_.end()) return std::nullopt;
  return it->second;
}

const std::string* Vocabulary::Token(TokenId id) const {
  if (id < 0 || id >= size() || index_of_id_[id] < 0) return nullptr;
  return &tokens_[index_of_id_[id]];
}

}  // namespace parley
