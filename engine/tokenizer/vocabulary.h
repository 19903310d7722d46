// Tokens and their ids, as vocab.json lists them.
#ifndef PARLEY_ENGINE_TOKENIZER_VOCABULARY_H_
#define PARLEY_ENGINE_TOKENIZER_VOCABULARY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/api/task.h"

namespace parley {

// Limits on a vocabulary; the largest ones in use have 256,000 tokens in 6 MB.
inline constexpr size_t kMaxVocabularyFileBytes = size_t{64} << 20;
inline constexpr TokenId kMaxTokenId = (1 << 21) - 1;

// Immutable: any thread may call everything at any time.
class Vocabulary {
 public:
  // Reads a file: one JSON object of ids by token. Ids may leave holes, and
  // two tokens may share one, which then reads as the later. Errors name the
  // file and what is wrong in it.
  static absl::StatusOr<Vocabulary> Read(const std::string& path);
  // The same of text at hand; `path` is for messages.
  static absl::StatusOr<Vocabulary> Parse(absl::string_view json,
                                          const std::string& path);
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  std::optional<TokenId> Find(absl::string_view token) const;
  // The token with an id; nullptr where there is none, for any `id`.
  const std::string* Token(TokenId id) const;
  // As the file lists them, each once.
  const std::vector<std::string>& tokens() const { return tokens_; }
  // Greatest id + 1.
  int size() const { return static_cast<int>(index_of_id_.size()); }

 private:
  Vocabulary() = default;

  std::vector<std::string> tokens_;   // As in the file. [num_tokens]
  std::vector<int32_t> index_of_id_;  // Into tokens_, -1 for a hole. [size]
  absl::flat_hash_map<absl::string_view, TokenId> ids_;  // Keys in tokens_.
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_VOCABULARY_H_
