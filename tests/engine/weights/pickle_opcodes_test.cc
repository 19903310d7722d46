#include "engine/weights/pickle_opcodes.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(PickleOpcodesTest, NamesEachOpcodeOnce) {
  EXPECT_EQ(PickleOpcodeName(0x80), "PROTO");
  EXPECT_EQ(PickleOpcodeName('c'), "GLOBAL");
  EXPECT_EQ(PickleOpcodeName(0x81), "NEWOBJ");
  EXPECT_EQ(PickleOpcodeName(0x98), "READONLY_BUFFER");
  EXPECT_EQ(PickleOpcodeName(0), "unknown");
  EXPECT_EQ(PickleOpcodeName(0xff), "unknown");
  std::set<std::string> names;
  for (int code = 0; code < 256; ++code) {
    const auto name = PickleOpcodeName(static_cast<uint8_t>(code));
    if (name != "unknown") {
      EXPECT_TRUE(names.insert(std::string(name)).second) << name;
    }
  }
  // As many as pickletools.opcodes has in CPython 3.8 to 3.13.
  EXPECT_EQ(names.size(), 68u);
}

}  // namespace
}  // namespace parley
