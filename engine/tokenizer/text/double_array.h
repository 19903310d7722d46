// One unit of a double-array trie, as Darts-clone packs it. A node's children
// are found from its base: the child by a byte is at unit base ^ byte.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_DOUBLE_ARRAY_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_DOUBLE_ARRAY_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace parley {

struct DoubleArrayUnit {
  static constexpr size_t kBytes = 4;

  // Reads unit `index` of `units`, little endian.
  static DoubleArrayUnit Read(absl::string_view units, size_t index) {
    uint32_t bits = 0;
    for (size_t i = kBytes; i-- > 0;) {
      bits = bits << 8 | static_cast<uint8_t>(units[index * kBytes + i]);
    }
    return {bits};
  }

  // The byte that leads here. A value's label has its top bit set and so
  // equals no byte.
  uint32_t label() const { return bits & 0x800000FF; }
  // A key ends here; its value is the unit at this node's base.
  bool has_leaf() const { return (bits >> 8 & 1) != 0; }
  // What this unit's position is to be XORed with, for the node's base.
  uint32_t offset() const { return (bits >> 10) << ((bits & 0x200) >> 6); }
  uint32_t value() const { return bits & 0x7FFFFFFF; }

  uint32_t bits = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_DOUBLE_ARRAY_H_
