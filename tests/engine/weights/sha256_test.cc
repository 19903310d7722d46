#include "engine/weights/sha256.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/engine/weights/file_bytes.h"

namespace parley {
namespace {

// FIPS 180-4's examples.
constexpr char kOfNothing[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kOfAbc[] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256Test, IsTheStandards) {
  EXPECT_EQ(Sha256Hex({}), kOfNothing);
  EXPECT_EQ(Sha256Hex(AsBytes("abc")), kOfAbc);
  EXPECT_EQ(std::string(kOfAbc).size(), kSha256Digits);
}

TEST(Sha256Test, PiecesMakeTheSameAsAll) {
  Sha256 digest;
  digest.Add(AsBytes("a"));
  digest.Add({});
  Sha256 moved = std::move(digest);
  moved.Add(AsBytes("bc"));
  EXPECT_EQ(moved.Finish(), kOfAbc);
  // And starts anew.
  EXPECT_EQ(moved.Finish(), kOfNothing);
  moved.Add(AsBytes("abc"));
  EXPECT_EQ(moved.Finish(), kOfAbc);
}

}  // namespace
}  // namespace parley
