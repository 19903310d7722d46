#include "engine/tokenizer/subword/prefix_trie.h"

#include <cstddef>

namespace parley {
namespace {

// The sorted keys that start with a node's bytes.
struct KeyRange {
  size_t begin;
  size_t end;
  size_t depth;  // Bytes of the node.
};

}  // namespace

PrefixTrie::PrefixTrie(
    std::vector<std::pair<absl::string_view, int32_t>> keys) {
  std::stable_sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) {
    return a.first < b.first;
  });
  nodes_.emplace_back();
  bytes_.push_back(0);
  std::vector<KeyRange> ranges = {{0, keys.size(), 0}};  // Of each node.
  for (size_t index = 0; index < nodes_.size(); ++index) {
    auto [begin, end, depth] = ranges[index];
    Node node;
    while (begin < end && keys[begin].first.size() == depth) {
      if (depth > 0) node.value = keys[begin].second;
      ++begin;
    }
    node.first_child = static_cast<int32_t>(nodes_.size());
    while (begin < end) {
      const char byte = keys[begin].first[depth];
      const size_t child_begin = begin;
      while (begin < end && keys[begin].first[depth] == byte) ++begin;
      nodes_.emplace_back();
      bytes_.push_back(static_cast<uint8_t>(byte));
      ranges.push_back({child_begin, begin, depth + 1});
      ++node.num_children;
    }
    if (node.num_children >= kTableChildren) AddTable(&node);
    nodes_[index] = node;
  }
}

void PrefixTrie::AddTable(Node* node) {
  node->table = static_cast<int32_t>(tables_.size() / 256);
  tables_.resize(tables_.size() + 256, -1);
  int32_t* table = &tables_[size_t{256} * node->table];
  for (int i = 0; i < node->num_children; ++i) {
    const int32_t child = node->first_child + i;
    table[bytes_[child]] = child;
  }
}

}  // namespace parley
