#include "tests/engine/tokenizer/crafted_model.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace parley {
namespace {

constexpr uint32_t kValueBit = 0x80000000;
constexpr uint32_t kLeafBit = 0x100;

}  // namespace

std::string LittleEndian32(uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i)
    bytes.push_back(static_cast<char>(value >> 8 * i));
  return bytes;
}

std::string WireVarint(uint64_t value) {
  std::string bytes;
  while (value >= 0x80) {
    bytes.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

std::string WireTag(int field, int wire_type) {
  return WireVarint(static_cast<uint64_t>(field) << 3 | wire_type);
}

std::string WireNumber(int field, uint64_t value) {
  return WireTag(field, 0) + WireVarint(value);
}

std::string WireBytes(int field, absl::string_view bytes) {
  return absl::StrCat(WireTag(field, 2), WireVarint(bytes.size()), bytes);
}

std::string WireFloat(int field, float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return WireTag(field, 5) + LittleEndian32(bits);
}

std::string WirePiece(absl::string_view piece, uint64_t type, float score) {
  return WireBytes(
      1, WireBytes(1, piece) + WireFloat(2, score) + WireNumber(3, type));
}

std::string WireCharsMap(absl::string_view charsmap) {
  return WireBytes(3, WireBytes(2, charsmap));
}

std::string SmallModel() {
  return WirePiece("<unk>", 2, 0) + WirePiece("\xE2\x96\x81") + WirePiece("a") +
         WirePiece("b") + WirePiece("ab");
}

CraftedTrie::CraftedTrie(int num_units) : units_(num_units, kValueBit) {}

void CraftedTrie::SetRoot(uint32_t base) { units_[0] = base << 10; }

void CraftedTrie::AddChild(uint32_t base, uint8_t byte, uint32_t child_base,
                           bool has_rule) {
  const uint32_t position = base ^ byte;
  units_[position] =
      (position ^ child_base) << 10 | byte | (has_rule ? kLeafBit : 0);
}

void CraftedTrie::SetValue(uint32_t base, uint32_t value) {
  units_[base] = value | kValueBit;
}

void CraftedTrie::SetUnit(uint32_t position, uint32_t unit) {
  units_[position] = unit;
}

std::string CraftedTrie::Units() const {
  std::string bytes;
  for (uint32_t unit : units_) bytes += LittleEndian32(unit);
  return bytes;
}

std::string CraftedTrie::CharsMap(absl::string_view replacements) const {
  const std::string units = Units();
  return absl::StrCat(LittleEndian32(static_cast<uint32_t>(units.size())),
                      units, replacements);
}

std::string SmallCharsMap() {
  CraftedTrie trie;
  trie.SetRoot(1);
  trie.AddChild(1, 'A', 0x80, /*has_rule=*/true);
  trie.SetValue(0x80, 0);
  return trie.CharsMap(absl::string_view("a\0", 2));
}

}  // namespace parley
