#include "engine/tokenizer/text/charsmap_check.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/tokenizer/text/double_array.h"

namespace parley {
namespace {

// The trie's blocks: a node's children lie within one of them.
constexpr uint32_t kBlockUnits = 256;
constexpr size_t kUnitBytes = DoubleArrayUnit::kBytes;

absl::Status Broken(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("character map: ", what));
}

// Walks every path of a trie that a search could take, along the same links.
// Nodes may be shared (Darts-clone builds a graph of words), so each is
// looked at once, when all that lies below it is known.
class TrieWalk {
 public:
  TrieWalk(absl::string_view units, absl::string_view replacements)
      : num_units_(static_cast<uint32_t>(units.size() / kUnitBytes)),
        units_(units),
        replacements_(replacements),
        nodes_(num_units_) {}

  absl::Status Run() {
    PARLEY_RETURN_IF_ERROR(Enter(Unit(0).offset()));
    while (!path_.empty()) {
      Visit& visit = path_.back();
      if (visit.next_label == kBlockUnits) {
        PARLEY_RETURN_IF_ERROR(Leave());
        continue;
      }
      const uint32_t label = visit.next_label++;
      const uint32_t position = visit.base ^ label;
      const DoubleArrayUnit unit = Unit(position);
      if (unit.label() != label) continue;
      visit.child_has_rule = unit.has_leaf();
      const uint32_t child = position ^ unit.offset();
      PARLEY_RETURN_IF_ERROR(CheckChild(child, unit.has_leaf()));
      if (nodes_[child].state == State::kDone) {
        PARLEY_RETURN_IF_ERROR(Account(nodes_[child]));
      } else {
        PARLEY_RETURN_IF_ERROR(Enter(child));
      }
    }
    return absl::OkStatus();
  }

 private:
  enum class State : uint8_t { kNew, kOpen, kDone };

  // What is known of the node whose children are at `base` ^ label.
  struct Node {
    State state = State::kNew;
    int16_t depth = 0;  // Bytes of the longest way down from here.
    int16_t rules = 0;  // Most rules met on one way down from here.
  };

  // A node on the way from the root to where the walk is.
  struct Visit {
    uint32_t base;
    uint32_t next_label = 0;
    bool child_has_rule = false;  // Of the child looked at last.
  };

  DoubleArrayUnit Unit(uint32_t position) const {
    return DoubleArrayUnit::Read(units_, position);
  }

  absl::Status CheckChild(uint32_t base, bool has_rule) const {
    if (base >= num_units_) {
      return Broken(
          absl::StrCat("the trie leads to unit ", base, " of ", num_units_));
    }
    if (!has_rule) return absl::OkStatus();
    const uint32_t replacement = Unit(base).value();
    if (replacement >= replacements_.size()) {
      return Broken(absl::StrCat("a rule's replacement is at byte ",
                                 replacement, " of ", replacements_.size()));
    }
    if ((replacements_[replacement] & 0xC0) == 0x80) {
      return Broken(absl::StrCat("a rule's replacement, at byte ", replacement,
                                 ", begins inside a character"));
    }
    return absl::OkStatus();
  }

  absl::Status Enter(uint32_t base) {
    PARLEY_RETURN_IF_ERROR(CheckChild(base, /*has_rule=*/false));
    if (nodes_[base].state == State::kOpen) {
      return Broken("the trie leads back to itself");
    }
    if (path_.size() > kMaxCharsMapRuleBytes) return TooLong();
    nodes_[base].state = State::kOpen;
    path_.push_back({.base = base});
    return absl::OkStatus();
  }

  absl::Status Leave() {
    Node& node = nodes_[path_.back().base];
    node.state = State::kDone;
    path_.pop_back();
    return path_.empty() ? absl::OkStatus() : Account(node);
  }

  // Adds what lies below the child looked at last to the node being visited.
  absl::Status Account(const Node& child) {
    const Visit& visit = path_.back();
    Node& node = nodes_[visit.base];
    node.depth = std::max<int16_t>(node.depth, child.depth + 1);
    node.rules = std::max<int16_t>(
        node.rules, child.rules + (visit.child_has_rule ? 1 : 0));
    if (node.depth > kMaxCharsMapRuleBytes) return TooLong();
    if (node.rules > kMaxCharsMapNestedRules) {
      return Broken(absl::StrCat("more than ", kMaxCharsMapNestedRules,
                                 " rules are prefixes of one another"));
    }
    return absl::OkStatus();
  }

  static absl::Status TooLong() {
    return Broken(absl::StrCat("a rule is longer than ", kMaxCharsMapRuleBytes,
                               " bytes"));
  }

  const uint32_t num_units_;  // A multiple of kBlockUnits.
  const absl::string_view units_;
  const absl::string_view replacements_;
  std::vector<Node> nodes_;  // [num_units_], by base.
  std::vector<Visit> path_;
};

absl::Status CheckReplacements(absl::string_view replacements) {
  if (replacements.back() != '\0') {
    return Broken("the replacements do not end in NUL");
  }
  size_t begin = 0;
  while (begin < replacements.size()) {
    const size_t end = replacements.find('\0', begin);
    if (end - begin > kMaxCharsMapReplacementBytes) {
      return Broken(absl::StrCat("a replacement is longer than ",
                                 kMaxCharsMapReplacementBytes, " bytes"));
    }
    begin = end + 1;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckCharsMap(absl::string_view charsmap) {
  if (charsmap.size() > kMaxCharsMapBytes) {
    return Broken(absl::StrCat("it has ", charsmap.size(),
                               " bytes, expected at most ", kMaxCharsMapBytes));
  }
  if (charsmap.size() < sizeof(uint32_t)) {
    return Broken("it is too short for the trie's size");
  }
  const uint32_t trie_bytes = DoubleArrayUnit::Read(charsmap, 0).bits;
  charsmap.remove_prefix(sizeof(uint32_t));
  if (trie_bytes == 0 || trie_bytes % (kBlockUnits * kUnitBytes) != 0) {
    return Broken(absl::StrCat("the trie's size is ", trie_bytes,
                               ", expected a multiple of 1024"));
  }
  if (trie_bytes >= charsmap.size()) {
    return Broken(absl::StrCat("the trie's size is ", trie_bytes, ", but only ",
                               charsmap.size(), " bytes follow"));
  }
  const absl::string_view replacements = charsmap.substr(trie_bytes);
  PARLEY_RETURN_IF_ERROR(CheckReplacements(replacements));
  return TrieWalk(charsmap.substr(0, trie_bytes), replacements).Run();
}

}  // namespace parley
