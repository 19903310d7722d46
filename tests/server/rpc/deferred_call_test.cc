#include "server/rpc/deferred_call.h"

#include <future>
#include <memory>

#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "parley/v1/model.grpc.pb.h"
#include "tests/server/rpc/grpc_fixture.h"

namespace parley {
namespace {

// Answers GetModel when the test says so.
class LateService final : public WireService {
 public:
  void AddMethods(CallRouter* router) override {
    router->Add(v1::ModelService::service_full_name(), "GetModel",
                [this](const RequestWire& wire) { GetModel(wire); });
  }
  grpc::Service* generated() override { return &generated_; }

  DeferredReactor::Answerer WaitForCall() {
    absl::MutexLock lock(&mutex_);
    const auto called = [this] { return answerer_.has_value(); };
    mutex_.Await(absl::Condition(&called));
    return *answerer_;
  }

 private:
  void GetModel(const RequestWire& wire) {
    auto* reactor = new DeferredReactor(wire.call, nullptr);
    absl::MutexLock lock(&mutex_);
    answerer_ = reactor->answerer();
    wire.call->Bind(reactor);
  }

  absl::Mutex mutex_;
  std::optional<DeferredReactor::Answerer> answerer_;
  v1::ModelService::WithGenericMethod_GetModel<v1::ModelService::Service>
      generated_;
};

class DeferredCallTest : public ::testing::Test {
 protected:
  std::future<grpc::Status> StartCall() {
    SetTestDeadline(&context_);
    return std::async(std::launch::async, [this] {
      return stub_->GetModel(&context_, {}, &response_);
    });
  }

  LateService service_;
  LoopbackServer server_{&service_};
  std::unique_ptr<v1::ModelService::Stub> stub_ =
      v1::ModelService::NewStub(server_.channel());
  grpc::ClientContext context_;
  v1::Model response_;
};

TEST_F(DeferredCallTest, IsAnsweredOnce) {
  auto call = StartCall();
  const DeferredReactor::Answerer answerer = service_.WaitForCall();
  v1::Model model;
  model.set_name("late");
  answerer.Answer(model);
  const grpc::Status status = call.get();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response_.name(), "late");
  answerer.Answer(model);  // Nobody is there any more.
  answerer.Refuse(absl::InternalError("no"));
}

TEST_F(DeferredCallTest, IsRefused) {
  auto call = StartCall();
  service_.WaitForCall().Refuse(absl::NotFoundError("none"));
  const grpc::Status status = call.get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "none");
}

TEST_F(DeferredCallTest, EndsWhenItIsCancelled) {
  auto call = StartCall();
  const DeferredReactor::Answerer answerer = service_.WaitForCall();
  context_.TryCancel();
  EXPECT_EQ(call.get().error_code(), grpc::StatusCode::CANCELLED);
  // The server does not wait for an answer that may be long in coming.
  server_.server()->Shutdown(absl::InfinitePast());
  answerer.Answer(v1::Model());
}

}  // namespace
}  // namespace parley
