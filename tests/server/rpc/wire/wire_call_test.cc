#include "server/rpc/wire/wire_call.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/rpc/wire/wire_fixture.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

TEST(WireCallTest, IsAnsweredWithAMessage) {
  TestService service(
      [](CallRouter* router) { router->Add("test", "Echo", &Echo); });
  const LoopbackServer server(&service);
  for (const size_t size : {size_t{0}, size_t{10}, size_t{1} << 20}) {
    TestCall call(server.channel(), "Echo");
    call.Send(std::string(size, 'x'));
    EXPECT_EQ(call.Read(), std::string(size, 'x'));
    EXPECT_EQ(call.Read(), std::nullopt);
    EXPECT_TRUE(call.Finish().ok());
  }
}

TEST(WireCallTest, OrWithAStatusAndMetadata) {
  TestService service([](CallRouter* router) {
    router->Add("test", "Refuse", [](const RequestWire& wire) {
      wire.call->context()->AddTrailingMetadata("key", "value");
      wire.call->Finish({grpc::StatusCode::NOT_FOUND, "none"});
    });
  });
  const LoopbackServer server(&service);
  TestCall call(server.channel(), "Refuse");
  call.Send("");
  const grpc::Status status = call.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "none");
}

TEST(WireCallTest, TheRequestMayBeMissing) {
  TestService service([](CallRouter* router) {
    router->Add("test", "Method", [](const RequestWire& wire) {
      wire.call->Finish(
          wire.request->Valid()
              ? grpc::Status::OK
              : grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no request"));
    });
  });
  const LoopbackServer server(&service);
  TestCall call(server.channel(), "Method");
  call.WritesDone();
  EXPECT_EQ(call.Finish().error_message(), "no request");
}

TEST(WireCallTest, AMethodThatIsNotThereIsUnimplemented) {
  TestService service([](CallRouter*) {});
  const LoopbackServer server(&service);
  TestCall call(server.channel(), "Method");
  call.Send("");
  const grpc::Status status = call.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(status.error_message(), HasSubstr("/test/Method"));
}

// Writes each message back twice.
class TwiceReactor final : public CallReactor {
 public:
  explicit TwiceReactor(WireCall* call) : call_(call) {
    call_->Bind(this);
    call_->StartRead(&message_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      call_->Finish(grpc::Status::OK);
      return;
    }
    num_left_ = 2;
    OnWriteDone(true);
  }
  void OnWriteDone(bool ok) override {
    EXPECT_TRUE(ok);
    if (num_left_-- > 0) {
      call_->StartWrite(message_);
    } else {
      call_->StartRead(&message_);
    }
  }
  void OnDone() override { delete this; }

 private:
  WireCall* const call_;
  grpc::ByteBuffer message_;
  int num_left_ = 0;
};

TEST(WireCallTest, StreamsGoBothWays) {
  TestService service([](CallRouter* router) {
    router->AddStream("test", "Twice",
                      [](WireCall* call) { new TwiceReactor(call); });
  });
  const LoopbackServer server(&service);
  TestCall call(server.channel(), "Twice");
  for (const char* text : {"a", "b"}) {
    call.Write(text);
    EXPECT_EQ(call.Read(), text);
    EXPECT_EQ(call.Read(), text);
  }
  call.WritesDone();
  EXPECT_EQ(call.Read(), std::nullopt);
  EXPECT_TRUE(call.Finish().ok());
}

TEST(WireCallTest, TheReactorHearsOnceThatItIsCancelled) {
  HeldCall held;
  TestService service([&held](CallRouter* router) {
    router->Add("test", "Hold", held.Method());
  });
  const LoopbackServer server(&service);
  TestCall call(server.channel(), "Hold");
  call.Send("");
  Fate fate;
  WireCall* const wire = held.Wait();
  ASSERT_NE(wire, nullptr);
  wire->Bind(new FateReactor(&fate));
  EXPECT_FALSE(fate.cancelled.HasBeenNotified());
  call.Cancel();
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::CANCELLED);
  fate.cancelled.WaitForNotification();
  EXPECT_FALSE(fate.done.HasBeenNotified());
  wire->Finish(grpc::Status::CANCELLED);
  fate.done.WaitForNotification();
  EXPECT_EQ(fate.num_cancelled, 1);
}

TEST(WireCallTest, AlsoWhereItWasCancelledBeforeItWasBound) {
  HeldCall held;
  TestService service([&held](CallRouter* router) {
    router->Add("test", "Hold", held.Method());
    router->Add("test", "Echo", &Echo);
  });
  const LoopbackServer server(&service);
  TestCall call(server.channel(), "Hold");
  call.Send("");
  WireCall* const wire = held.Wait();
  ASSERT_NE(wire, nullptr);
  call.Cancel();
  call.Finish();
  // What comes later on the connection has gone through the loop.
  TestCall echo(server.channel(), "Echo");
  echo.Send("");
  echo.Read();
  Fate fate;
  wire->Bind(new FateReactor(&fate));
  fate.cancelled.WaitForNotification();
  wire->Finish(grpc::Status::CANCELLED);
  fate.done.WaitForNotification();
  EXPECT_EQ(fate.num_cancelled, 1);
}

TEST(WireCallTest, MayBeFinishedWhileItReads) {
  Fate fate;
  grpc::ByteBuffer message;
  TestService service([&](CallRouter* router) {
    router->AddStream("test", "Stop", [&](WireCall* call) {
      call->Bind(new FateReactor(&fate));
      call->StartRead(&message);
      call->Finish({grpc::StatusCode::UNAVAILABLE, "stopped"});
    });
  });
  const LoopbackServer server(&service);
  TestCall call(server.channel(), "Stop");
  EXPECT_EQ(call.Finish().error_message(), "stopped");
  fate.done.WaitForNotification();
}

}  // namespace
}  // namespace parley
