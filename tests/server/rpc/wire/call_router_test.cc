#include "server/rpc/wire/call_router.h"

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(CallRouterTest, FindsMethodsByTheirPaths) {
  CallRouter router;
  router.Add("a.v1.B", "Unary", [](const RequestWire&) {});
  router.AddStream("a.v1.B", "Stream", [](WireCall*) {});
  const WireMethod* unary = router.Find("/a.v1.B/Unary");
  ASSERT_NE(unary, nullptr);
  EXPECT_TRUE(unary->with_request);
  EXPECT_FALSE(unary->with_stream);
  const WireMethod* stream = router.Find("/a.v1.B/Stream");
  ASSERT_NE(stream, nullptr);
  EXPECT_TRUE(stream->with_stream);
  for (const char* path : {"", "/", "/a.v1.B", "/a.v1.B/", "a.v1.B/Unary",
                           "/a.v1.B/unary", "/a.v1.B/Unary/"}) {
    EXPECT_EQ(router.Find(path), nullptr) << path;
  }
}

}  // namespace
}  // namespace parley
