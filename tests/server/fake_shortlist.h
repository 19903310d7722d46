// A shortlist without a table: a source's last token, and the end token.
#ifndef PARLEY_TESTS_SERVER_FAKE_SHORTLIST_H_
#define PARLEY_TESTS_SERVER_FAKE_SHORTLIST_H_

#include <vector>

#include "engine/api/shortlist.h"

namespace parley {

class FakeShortlist final : public Shortlist {
 public:
  static constexpr TokenId kEnd = 256;

  // REQUIRES: a last token below kEnd.
  std::vector<TokenId> TargetTokens(
      absl::Span<const TokenId> source_ids) const override {
    return {source_ids.back(), kEnd};
  }
};

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_FAKE_SHORTLIST_H_
