// Finds all strings of a set that a text starts with.
#ifndef PARLEY_ENGINE_TOKENIZER_SUBWORD_PREFIX_TRIE_H_
#define PARLEY_ENGINE_TOKENIZER_SUBWORD_PREFIX_TRIE_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace parley {

// A trie in flat arrays. A step down takes a look-up in nodes with many
// children, and a binary search in the others; memory is a few words for each
// byte of the strings. Immutable: any thread may call everything at any time.
class PrefixTrie {
 public:
  // Strings and their values. The empty string is never found; of two equal
  // ones the later counts.
  explicit PrefixTrie(std::vector<std::pair<absl::string_view, int32_t>> keys);

  // Calls visit(num_bytes, value) for each string that `text` starts with,
  // from the shortest to the longest.
  template <typename Visit>
  void VisitPrefixes(absl::string_view text, Visit visit) const {
    int32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      node = Child(node, static_cast<uint8_t>(text[i]));
      if (node < 0) return;
      if (nodes_[node].value >= 0) visit(i + 1, nodes_[node].value);
    }
  }

 private:
  static constexpr int kTableChildren = 32;  // From here on, a table.

  struct Node {
    int32_t value = -1;  // Of the string that ends here.
    // The children are nodes first_child and on, in the order of their bytes.
    int32_t first_child = 0;
    int32_t num_children = 0;
    int32_t table = -1;  // Index into tables_, in 256s.
  };

  // -1 where there is none.
  int32_t Child(int32_t parent, uint8_t byte) const {
    const Node& node = nodes_[parent];
    if (node.table >= 0) return tables_[size_t{256} * node.table + byte];
    const uint8_t* begin = bytes_.data() + node.first_child;
    const uint8_t* end = begin + node.num_children;
    const uint8_t* found = std::lower_bound(begin, end, byte);
    if (found == end || *found != byte) return -1;
    return static_cast<int32_t>(found - bytes_.data());
  }

  void AddTable(Node* node);

  std::vector<Node> nodes_;      // Breadth first; node 0 is the root.
  std::vector<uint8_t> bytes_;   // That lead to each node. [nodes_.size()]
  std::vector<int32_t> tables_;  // Children by byte. [num_tables, 256]
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_SUBWORD_PREFIX_TRIE_H_
