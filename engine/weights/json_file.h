// Typed reading of a model's JSON files, with errors that name file, key and
// what was expected.
#ifndef PARLEY_ENGINE_WEIGHTS_JSON_FILE_H_
#define PARLEY_ENGINE_WEIGHTS_JSON_FILE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace parley {

// One JSON object, parsed. Read-only; any thread. Getters give nullopt where
// the key is missing or null, and INVALID_ARGUMENT where its value is of
// another kind or out of the type's range, e.g. `config.json: "d_model" is
// "512" (string), expected an integer`.
class JsonFile {
 public:
  // Reads and parses the file. NOT_FOUND where there is none; INVALID_ARGUMENT
  // where it is not UTF-8, not JSON, nested deeper than 64, larger than 64 MB
  // or than a million values, has a key twice in one object, or is not an
  // object at its top.
  static absl::StatusOr<JsonFile> Read(const std::string& path);
  // The same of text at hand; `path` is for messages.
  static absl::StatusOr<JsonFile> Parse(absl::string_view text,
                                        const std::string& path);
  // As Read, of a file whose top is an array of objects, such as modules.json;
  // each one's errors name the file and its place.
  static absl::StatusOr<std::vector<JsonFile>> ReadObjects(
      const std::string& path);
  ~JsonFile();
  JsonFile(JsonFile&&) noexcept;
  JsonFile& operator=(JsonFile&&) noexcept;

  const std::string& path() const;
  bool Has(absl::string_view key) const;  // Present and not null.

  absl::StatusOr<std::optional<int64_t>> GetInt(absl::string_view key) const;
  absl::StatusOr<std::optional<double>> GetNumber(absl::string_view key) const;
  absl::StatusOr<std::optional<bool>> GetBool(absl::string_view key) const;
  absl::StatusOr<std::optional<std::string>> GetString(
      absl::string_view key) const;
  // An array of strings.
  absl::StatusOr<std::optional<std::vector<std::string>>> GetStrings(
      absl::string_view key) const;
  // An array of arrays of integers, such as bad_words_ids.
  absl::StatusOr<std::optional<std::vector<std::vector<int64_t>>>> GetIntLists(
      absl::string_view key) const;
  // An array of arrays of strings, such as language_pairs.
  absl::StatusOr<std::optional<std::vector<std::vector<std::string>>>>
  GetStringLists(absl::string_view key) const;
  // "false", "true" as given, or a string: transformers' early_stopping.
  absl::StatusOr<std::optional<std::string>> GetBoolOrString(
      absl::string_view key) const;
  // An integer, or the only element of an array of integers: eos_token_id.
  absl::StatusOr<std::optional<int64_t>> GetIntOrOnlyInt(
      absl::string_view key) const;
  // An object inside this one; its errors name the file and its key.
  absl::StatusOr<std::optional<JsonFile>> GetObject(
      absl::string_view key) const;
  // Keys of the object that are not among `known`, sorted.
  std::vector<std::string> UnknownKeys(
      const std::vector<absl::string_view>& known) const;

 private:
  struct Impl;
  explicit JsonFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_JSON_FILE_H_
