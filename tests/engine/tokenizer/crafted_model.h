// SentencePiece models written byte by byte, for what no trainer would write.
#ifndef PARLEY_TESTS_ENGINE_TOKENIZER_CRAFTED_MODEL_H_
#define PARLEY_TESTS_ENGINE_TOKENIZER_CRAFTED_MODEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace parley {

// Fields of protobuf's wire format.
std::string WireVarint(uint64_t value);
std::string WireTag(int field, int wire_type);
std::string WireNumber(int field, uint64_t value);
std::string WireBytes(int field, absl::string_view bytes);
std::string WireFloat(int field, float value);

// One `pieces` field of a ModelProto. Types: 1 normal, 2 unknown, 3 control,
// 4 user-defined, 5 unused, 6 byte.
std::string WirePiece(absl::string_view piece, uint64_t type = 1,
                      float score = -1);
// The normalizer_spec field with a character map.
std::string WireCharsMap(absl::string_view charsmap);
// <unk>, ▁, a, b, ab.
std::string SmallModel();

// A double-array trie in the making: nodes are put where the test says.
class CraftedTrie {
 public:
  explicit CraftedTrie(int num_units = 256);

  // The root's children are at `base` ^ byte.
  void SetRoot(uint32_t base);
  // The child of the node at `base` by `byte` has its own children at
  // `child_base` ^ byte.
  void AddChild(uint32_t base, uint8_t byte, uint32_t child_base,
                bool has_rule);
  // What the rule of the node at `base` gives: an offset.
  void SetValue(uint32_t base, uint32_t value);
  void SetUnit(uint32_t position, uint32_t unit);

  std::string Units() const;
  // The whole map, with this trie's size before it.
  std::string CharsMap(absl::string_view replacements) const;

 private:
  std::vector<uint32_t> units_;
};

std::string LittleEndian32(uint32_t value);

// The map "A" -> "a".
std::string SmallCharsMap();

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_TOKENIZER_CRAFTED_MODEL_H_
