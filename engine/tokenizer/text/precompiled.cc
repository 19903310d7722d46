#include "engine/tokenizer/text/precompiled.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/tokenizer/text/charsmap_check.h"
#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/double_array.h"
#include "engine/tokenizer/text/grapheme_cluster.h"
#include "engine/tokenizer/text/rewriter.h"

namespace parley {
namespace {

constexpr size_t kWholeClusterBytes = 6;  // Clusters below are replaced whole.

// Writes replacements the way that tokenizers counts characters: what is left
// over of those replaced is added to the last character written so far, also
// where that is a mere addition, and is forgotten where there is none. It shows
// in what later characters are tied to.
class Replacements {
 public:
  Replacements(const AlignedText& source, AlignedText* target)
      : rewriter_(source, target) {}
  ~Replacements() { Flush(); }

  void Keep(absl::string_view part) {
    ForEachCodePoint(part,
                     [this](CodePoint point, size_t) { Push(point.value, 0); });
  }

  // REQUIRES: `part` is not empty
  void Replace(absl::string_view part, absl::string_view written) {
    const int64_t num_replaced = CountCharacters(part);
    int64_t num_written = 0;
    ForEachCodePoint(written, [&](CodePoint point, size_t) {
      Push(point.value, num_written < num_replaced ? 0 : 1);
      ++num_written;
    });
    if (num_written < num_replaced && has_last_) {
      last_change_ -= num_replaced - num_written;
    }
  }

 private:
  static int64_t CountCharacters(absl::string_view text) {
    int64_t count = 0;
    ForEachCodePoint(text, [&count](CodePoint, size_t) { ++count; });
    return count;
  }

  // `change`: 1 for a character that is added, -n for one that replaces one
  // and removes n behind it.
  void Push(char32_t c, int64_t change) {
    Flush();
    has_last_ = true;
    last_ = c;
    last_change_ = change;
  }

  void Flush() {
    if (!has_last_) return;
    if (last_change_ > 0) {
      rewriter_.Insert(last_);
    } else {
      rewriter_.Replace(last_, static_cast<size_t>(-last_change_));
    }
    has_last_ = false;
  }

  Rewriter rewriter_;
  bool has_last_ = false;
  char32_t last_ = 0;
  int64_t last_change_ = 0;
};

class PrecompiledNormalizer : public Normalizer {
 public:
  // REQUIRES: CheckCharsMap accepts it.
  explicit PrecompiledNormalizer(absl::string_view charsmap) {
    const size_t trie_bytes = DoubleArrayUnit::Read(charsmap, 0).bits;
    charsmap.remove_prefix(sizeof(uint32_t));
    units_.resize(trie_bytes / DoubleArrayUnit::kBytes);
    for (size_t i = 0; i < units_.size(); ++i) {
      units_[i] = DoubleArrayUnit::Read(charsmap, i);
    }
    replacements_ = std::string(charsmap.substr(trie_bytes));
  }

  bool is_utf8() const {
    return ValidUtf8PrefixBytes(replacements_) == replacements_.size();
  }

  void Apply(AlignedText* text) const override {
    if (!ChangesAnything(text->text)) return;
    AlignedText rewritten;
    {
      Replacements target(*text, &rewritten);
      ForEachPart(text->text, [&](absl::string_view part, const Rule& rule) {
        if (rule.has_value()) {
          target.Replace(part, *rule);
        } else {
          target.Keep(part);
        }
        return true;
      });
    }
    *text = std::move(rewritten);
  }

 private:
  using Rule = std::optional<absl::string_view>;  // What is written instead.

  bool ChangesAnything(absl::string_view text) const {
    bool changes = false;
    ForEachPart(text, [&changes](absl::string_view, const Rule& rule) {
      changes = rule.has_value();
      return !changes;
    });
    return changes;
  }

  // Calls visit(part, rule) for each part of the text that is kept or replaced
  // as a whole, a cluster or a character, until one returns false.
  template <typename Visit>
  void ForEachPart(absl::string_view text, const Visit& visit) const {
    while (!text.empty()) {
      absl::string_view cluster = text.substr(0, GraphemeClusterBytes(text));
      text.remove_prefix(cluster.size());
      const size_t cluster_bytes = cluster.size();
      if (cluster.size() < kWholeClusterBytes) {
        const Rule rule = FindRule(cluster);
        if (rule.has_value()) {
          if (!visit(cluster, rule)) return;
          continue;
        }
      }
      while (!cluster.empty()) {
        const absl::string_view character =
            cluster.substr(0, CodePointAt(cluster, 0).num_bytes);
        cluster.remove_prefix(character.size());
        const bool tried = character.size() == cluster_bytes;
        const Rule rule = tried ? std::nullopt : FindRule(character);
        if (!visit(character, rule)) return;
      }
    }
  }

  // The shortest that `part` starts with.
  Rule FindRule(absl::string_view part) const {
    uint32_t position = units_[0].offset();
    for (char c : part) {
      if (c == 0) break;
      const uint8_t byte = static_cast<uint8_t>(c);
      position ^= byte;
      const DoubleArrayUnit unit = units_[position];
      if (unit.label() != byte) break;
      position ^= unit.offset();
      if (unit.has_leaf()) {
        // Ends in NUL, as CheckCharsMap made sure.
        return absl::string_view(replacements_.data() +
                                 units_[position].value());
      }
    }
    return std::nullopt;
  }

  std::vector<DoubleArrayUnit> units_;
  std::string replacements_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Normalizer>> CreatePrecompiledNormalizer(
    absl::string_view charsmap) {
  PARLEY_RETURN_IF_ERROR(CheckCharsMap(charsmap));
  auto normalizer = std::make_unique<PrecompiledNormalizer>(charsmap);
  if (!normalizer->is_utf8()) {
    return absl::InvalidArgumentError(
        "character map: the replacements are not UTF-8");
  }
  return normalizer;
}

}  // namespace parley
