#include "engine/shortlist/lexical_table.h"

#include "absl/strings/string_view.h"

namespace parley {
namespace {

// FNV-1a with 64 bits: it tells files that were mixed up, not forged ones.
class Fingerprint {
 public:
  void Add(absl::string_view bytes) {
    for (const char c : bytes) {
      value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
  }

  // A hole reads as an empty token; the ends keep "a", "bc" from "ab", "c".
  void Add(const Vocabulary& vocabulary) {
    constexpr absl::string_view kEnd("\0", 1);
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
      if (const std::string* token = vocabulary.Token(id)) Add(*token);
      Add(kEnd);
    }
    Add(kEnd);
  }

  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325u;
};

}  // namespace

VocabularyPair DescribeVocabularies(const Vocabulary& source,
                                    const Vocabulary& target) {
  Fingerprint fingerprint;
  fingerprint.Add(source);
  fingerprint.Add(target);
  return {.source_size = source.size(),
          .target_size = target.size(),
          .fingerprint = fingerprint.value()};
}

void LexicalTable::AppendRow(absl::Span<const TokenId> targets) {
  targets_.insert(targets_.end(), targets.begin(), targets.end());
  row_ends_.push_back(targets_.size());
}

absl::Span<const TokenId> LexicalTable::Row(TokenId source) const {
  if (source < 0 || source >= num_rows()) return {};
  const size_t begin = source == 0 ? 0 : row_ends_[source - 1];
  return absl::MakeConstSpan(targets_).subspan(begin,
                                               row_ends_[source] - begin);
}

}  // namespace parley
