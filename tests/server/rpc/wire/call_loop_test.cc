#include "server/rpc/wire/call_loop.h"

#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "tests/server/rpc/wire/wire_fixture.h"

namespace parley {
namespace {

TEST(CallLoopTest, LargeMessagesAreWorkedOnBesideIt) {
  absl::Notification may_end;
  TestService service([&may_end](CallRouter* router) {
    router->Add("test", "Work", [&may_end](const RequestWire& wire) {
      wire.call->Work(static_cast<int64_t>(wire.request->Length()),
                      [&may_end, call = wire.call, request = *wire.request] {
                        may_end.WaitForNotification();
                        call->FinishWith(request);
                      });
    });
    router->Add("test", "Echo", &Echo);
  });
  const LoopbackServer server(&service);
  const std::string large(100'000, 'x');
  TestCall slow(server.channel(), "Work");
  slow.Send(large);
  TestCall quick(server.channel(), "Echo");
  quick.Send("quick");
  EXPECT_EQ(quick.Read(), "quick");
  may_end.Notify();
  EXPECT_EQ(slow.Read(), large);
  EXPECT_TRUE(slow.Finish().ok());
}

TEST(CallLoopTest, SmallOnesInIt) {
  std::thread::id in_method;
  std::thread::id in_work;
  TestService service([&](CallRouter* router) {
    router->Add("test", "Work", [&](const RequestWire& wire) {
      in_method = std::this_thread::get_id();
      wire.call->Work(10, [&] { in_work = std::this_thread::get_id(); });
      Echo(wire);
    });
  });
  const LoopbackServer server(&service);
  TestCall call(server.channel(), "Work");
  call.Send("");
  EXPECT_EQ(call.Read(), "");
  EXPECT_TRUE(call.Finish().ok());
  EXPECT_EQ(in_method, in_work);
}

}  // namespace
}  // namespace parley
