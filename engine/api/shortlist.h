// Which target tokens a source text is likely to need.
#ifndef PARLEY_ENGINE_API_SHORTLIST_H_
#define PARLEY_ENGINE_API_SHORTLIST_H_

#include <vector>

#include "absl/types/span.h"
#include "engine/api/task.h"

namespace parley {

// Any thread may call everything at any time.
class Shortlist {
 public:
  virtual ~Shortlist() = default;

  // Task::target_tokens of a source: rising, each once, the end token among
  // them. Tokens that no source text has give none of their own.
  virtual std::vector<TokenId> TargetTokens(
      absl::Span<const TokenId> source_ids) const = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_API_SHORTLIST_H_
