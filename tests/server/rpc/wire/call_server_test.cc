#include "server/rpc/wire/call_server.h"

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/server/rpc/wire/wire_fixture.h"

namespace parley {
namespace {

TEST(CallServerTest, SaysWhereItCannotListen) {
  TestService service([](CallRouter*) {});
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  const auto first = CallServer::Start(&builder, {&service});
  ASSERT_NE(first, nullptr);
  grpc::ServerBuilder other;
  other.AddListeningPort(absl::StrCat("127.0.0.1:", port),
                         grpc::InsecureServerCredentials());
  other.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  EXPECT_EQ(CallServer::Start(&other, {&service}), nullptr);
}

TEST(CallServerTest, SeveralLoopsServeManyCalls) {
  TestService service(
      [](CallRouter* router) { router->Add("test", "Echo", &Echo); });
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  const auto server = CallServer::Start(&builder, {&service}, /*num_loops=*/3);
  ASSERT_NE(server, nullptr);
  std::vector<std::future<void>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::async(std::launch::async, [port, i] {
      const auto channel = ChannelTo(absl::StrCat("127.0.0.1:", port));
      for (int j = 0; j < 25; ++j) {
        const std::string text = absl::StrCat(i, " ", j);
        TestCall call(channel, "Echo");
        call.Send(text);
        EXPECT_EQ(call.Read(), text);
        EXPECT_TRUE(call.Finish().ok());
      }
    }));
  }
  for (auto& client : clients) client.get();
  server->Shutdown(absl::InfinitePast());
  server->Shutdown(absl::InfiniteFuture());  // It has been.
}

// With one call, which the test ends.
class CallServerShutdownTest : public ::testing::Test {
 protected:
  CallServerShutdownTest() { call_.Send(""); }

  std::future<void> Shutdown(absl::Time deadline) {
    return std::async(std::launch::async, [this, deadline] {
      server_.server()->Shutdown(deadline);
    });
  }

  HeldCall held_;
  TestService service_{[this](CallRouter* router) {
    router->Add("test", "Hold", held_.Method());
  }};
  LoopbackServer server_{&service_};
  TestCall call_{server_.channel(), "Hold"};
};

TEST_F(CallServerShutdownTest, WaitsForCallsToBeFinished) {
  WireCall* const wire = held_.Wait();
  ASSERT_NE(wire, nullptr);
  Fate fate;
  wire->Bind(new FateReactor(&fate));
  auto shutdown = Shutdown(absl::InfinitePast());
  fate.cancelled.WaitForNotification();
  EXPECT_EQ(shutdown.wait_for(std::chrono::milliseconds(50)),
            std::future_status::timeout);
  wire->Finish(grpc::Status::CANCELLED);
  shutdown.get();
  EXPECT_TRUE(fate.done.HasBeenNotified());
  EXPECT_FALSE(call_.Finish().ok());
}

TEST_F(CallServerShutdownTest, LetsCallsEndUntilItsDeadline) {
  WireCall* const wire = held_.Wait();
  ASSERT_NE(wire, nullptr);
  auto shutdown = Shutdown(absl::Now() + absl::Seconds(30));
  wire->FinishWith(ToBytes("late"));
  EXPECT_EQ(call_.Read(), "late");
  EXPECT_TRUE(call_.Finish().ok());
  shutdown.get();
}

}  // namespace
}  // namespace parley
