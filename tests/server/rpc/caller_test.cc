#include "server/rpc/caller.h"

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(AddressOfPeerTest, LeavesOutThePort) {
  EXPECT_EQ(AddressOfPeer("ipv4:127.0.0.1:53422"), "ipv4:127.0.0.1");
  EXPECT_EQ(AddressOfPeer("ipv6:%5B::1%5D:53422"), "ipv6:%5B::1%5D");
  EXPECT_EQ(AddressOfPeer("unix:/run/parley:1"), "unix:/run/parley:1");
  EXPECT_EQ(AddressOfPeer(""), "");
}

}  // namespace
}  // namespace parley
