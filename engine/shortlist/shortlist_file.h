// The binary form of lexical tables; docs/shortlist.md describes it.
#ifndef PARLEY_ENGINE_SHORTLIST_SHORTLIST_FILE_H_
#define PARLEY_ENGINE_SHORTLIST_SHORTLIST_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/shortlist/lexical_table.h"

namespace parley {

// Whether bytes begin as this form does, which no text can.
bool IsShortlistFile(absl::string_view bytes);

// Reads a table for a model with these vocabularies, and keeps the `best`
// likeliest translations of each token. All of the bytes are checked:
// INVALID_ARGUMENT names `path` and the rule that is broken.
absl::StatusOr<LexicalTable> ParseShortlistFile(
    absl::string_view bytes, const std::string& path, int best,
    const VocabularyPair& vocabularies);

// Writes a file that replaces the one at `path` once it is whole.
// REQUIRES: a row for each source token.
absl::Status WriteShortlistFile(const LexicalTable& table,
                                const VocabularyPair& vocabularies,
                                const std::string& path);

}  // namespace parley

#endif  // PARLEY_ENGINE_SHORTLIST_SHORTLIST_FILE_H_
