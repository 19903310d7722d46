#include "server/rpc/health_service.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/message_parsing.h"
#include "tests/server/rpc/grpc_fixture.h"

namespace parley {
namespace {

using ::grpc::health::v1::Health;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;

class HealthServiceTest : public ::testing::Test {
 protected:
  // One Watch call.
  struct Watch {
    Watch(Health::Stub* stub, const std::string& name) {
      SetTestDeadline(&context);
      HealthCheckRequest request;
      request.set_service(name);
      reader = stub->Watch(&context, request);
    }

    // The next state that the call tells, -1 where it has ended.
    int Next() {
      HealthCheckResponse response;
      return reader->Read(&response) ? response.status() : -1;
    }

    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader;
  };

  absl::StatusOr<int> Check(const std::string& name) {
    grpc::ClientContext context;
    SetTestDeadline(&context);
    HealthCheckRequest request;
    request.set_service(name);
    HealthCheckResponse response;
    const grpc::Status status = stub_->Check(&context, request, &response);
    if (!status.ok()) {
      return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                          status.error_message());
    }
    return response.status();
  }

  // Changes what is said of one name.
  void Set(const std::string& name, bool serving) {
    serving_[name] = serving;
    service_.SetAll(serving_);
  }
  void Forget(const std::string& name) {
    serving_.erase(name);
    service_.SetAll(serving_);
  }

  std::map<std::string, bool> serving_;
  HealthService service_;
  LoopbackServer server_{&service_};
  std::unique_ptr<Health::Stub> stub_ = Health::NewStub(server_.channel());
};

TEST_F(HealthServiceTest, ChecksKnownNames) {
  Set("", true);
  Set("demo", false);
  EXPECT_EQ(Check("").value(), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check("demo").value(), HealthCheckResponse::NOT_SERVING);
  EXPECT_TRUE(service_.IsServing(""));
  EXPECT_FALSE(service_.IsServing("demo"));
  EXPECT_FALSE(service_.IsServing("other"));
  Set("demo", true);
  EXPECT_EQ(Check("demo").value(), HealthCheckResponse::SERVING);
}

TEST_F(HealthServiceTest, DoesNotFindOthers) {
  const absl::Status status = Check("other").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"other\""));
}

TEST_F(HealthServiceTest, RefusesBytesThatAreNoRequest) {
  RouteProtobufLog();
  EXPECT_EQ(CallWithBytes(server_.channel(), "/grpc.health.v1.Health/Check",
                          "\x0a\x01\xff")
                .error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(HealthServiceTest, WatchTellsChangesOfItsNameOnly) {
  Set("a", false);
  Watch watch(stub_.get(), "a");
  EXPECT_EQ(watch.Next(), HealthCheckResponse::NOT_SERVING);
  Set("b", true);
  Set("a", false);  // No change: not told.
  Set("a", true);
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVING);
}

TEST_F(HealthServiceTest, WatchOfAnUnknownNameWaitsForIt) {
  Watch watch(stub_.get(), "later");
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  Set("later", true);
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVING);
}

TEST_F(HealthServiceTest, ForgetsAName) {
  Set("demo", true);
  Watch watch(stub_.get(), "demo");
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVING);
  Forget("demo");
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  EXPECT_EQ(Check("demo").status().code(), absl::StatusCode::kNotFound);
  Set("demo", true);
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVING);
}

TEST_F(HealthServiceTest, WatchesGoOnWhereNothingServesAnyMore) {
  Set("", true);
  Watch watch(stub_.get(), "");
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVING);
  service_.StopServing();
  EXPECT_EQ(watch.Next(), HealthCheckResponse::NOT_SERVING);
  Watch late(stub_.get(), "");
  EXPECT_EQ(late.Next(), HealthCheckResponse::NOT_SERVING);
  // Nothing comes back to life, and nothing is forgotten.
  Set("", true);
  Forget("");
  EXPECT_EQ(Check("").value(), HealthCheckResponse::NOT_SERVING);
  service_.Shutdown();
  EXPECT_EQ(watch.Next(), -1);
  EXPECT_EQ(watch.reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(HealthServiceTest, LivesUntilTheEnd) {
  EXPECT_EQ(Check("liveness").value(), HealthCheckResponse::SERVING);
  // A model of that name changes nothing.
  Set("liveness", false);
  EXPECT_EQ(Check("liveness").value(), HealthCheckResponse::SERVING);
  service_.Shutdown();
  EXPECT_EQ(Check("liveness").value(), HealthCheckResponse::SERVING);
}

TEST_F(HealthServiceTest, WatchEndsWithTheStateAtLast) {
  Set("", true);
  Watch known(stub_.get(), "");
  Watch unknown(stub_.get(), "other");
  EXPECT_EQ(known.Next(), HealthCheckResponse::SERVING);
  EXPECT_EQ(unknown.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  service_.Shutdown();
  EXPECT_EQ(known.Next(), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(known.Next(), -1);
  EXPECT_EQ(known.reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(unknown.Next(), -1);
  EXPECT_EQ(unknown.reader->Finish().error_code(),
            grpc::StatusCode::UNAVAILABLE);

  // Nothing comes back to life.
  Set("", true);
  EXPECT_EQ(Check("").value(), HealthCheckResponse::NOT_SERVING);
  Watch late(stub_.get(), "");
  EXPECT_EQ(late.Next(), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(late.Next(), -1);
}

TEST_F(HealthServiceTest, SurvivesWatchesThatAreCancelled) {
  Set("", true);
  for (int i = 0; i < 20; ++i) {
    Watch watch(stub_.get(), "");
    if (i % 2 == 0) {
      EXPECT_NE(watch.Next(), -1);
    }
    watch.context.TryCancel();
    Set("", i % 2 == 0);
    while (watch.Next() >= 0) {
    }
    EXPECT_EQ(watch.reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  Set("", true);
  EXPECT_EQ(Check("").value(), HealthCheckResponse::SERVING);
}

TEST_F(HealthServiceTest, RefusesTooManyWatches) {
  Set("", true);
  std::vector<std::unique_ptr<Watch>> watches;
  for (size_t i = 0; i < HealthService::kMaxWatches; ++i) {
    watches.push_back(std::make_unique<Watch>(stub_.get(), ""));
    ASSERT_EQ(watches.back()->Next(), HealthCheckResponse::SERVING);
  }
  Watch refused(stub_.get(), "");
  EXPECT_EQ(refused.Next(), -1);
  EXPECT_EQ(refused.reader->Finish().error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Check("").value(), HealthCheckResponse::SERVING);
}

}  // namespace
}  // namespace parley
