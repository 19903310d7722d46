// From a file in either form to a shortlist that works.
#ifndef PARLEY_ENGINE_SHORTLIST_SHORTLIST_LOADER_H_
#define PARLEY_ENGINE_SHORTLIST_SHORTLIST_LOADER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/api/shortlist.h"
#include "engine/tokenizer/vocabulary.h"

namespace parley {

struct ShortlistSource {
  std::string path;  // Of lex.s2t or of a shortlist file; told by its bytes.
  int frequent = 0;  // Most frequent target tokens that always belong.
  int best = 0;      // Translations of each source token; 1 or more.
  std::vector<TokenId> always;  // Further target tokens that always belong.
  // The same one twice where it is joint.
  const Vocabulary* source_vocabulary = nullptr;
  const Vocabulary* target_vocabulary = nullptr;
};

// Logs how many pairs of a text were of no use. Errors are those of reading
// the file (base/mapped_file.h, lex_text.h, shortlist_file.h).
absl::StatusOr<std::unique_ptr<const Shortlist>> LoadShortlist(
    const ShortlistSource& source);

}  // namespace parley

#endif  // PARLEY_ENGINE_SHORTLIST_SHORTLIST_LOADER_H_
