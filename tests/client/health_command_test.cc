#include "client/health_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/command_run.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;

TEST(RunHealth, ServingIsTheOnlySuccess) {
  FakeServer server;
  const Ran ran = RunCommand(&RunHealth, server.address(), {});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.out, "SERVING\n");
  EXPECT_EQ(RunCommand(&RunHealth, server.address(), {"demo"}).exit_code, 0);

  server.set_health(HealthCheckResponse::NOT_SERVING);
  const Ran not_serving = RunCommand(&RunHealth, server.address(), {});
  EXPECT_EQ(not_serving.exit_code, 1);
  EXPECT_EQ(not_serving.out, "NOT_SERVING\n");

  server.set_health(static_cast<HealthCheckResponse::ServingStatus>(77));
  const Ran unknown = RunCommand(&RunHealth, server.address(), {});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_EQ(unknown.out, "UNKNOWN\n");
}

TEST(RunHealth, UnknownNamesFail) {
  FakeServer server;
  const Ran ran = RunCommand(&RunHealth, server.address(), {"other"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("NOT_FOUND"));
}

TEST(RunHealth, FailsAtOnceWhereNobodyAnswers) {
  const std::string address = FakeServer().address();
  const Ran ran = RunCommand(&RunHealth, address, {});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("No server takes calls at " + address));
  EXPECT_THAT(ran.err, ::testing::Not(HasSubstr("attempts")));
}

TEST(RunHealth, WrongUsage) {
  EXPECT_EQ(RunCommand(&RunHealth, "", {"a", "b"}).exit_code, 2);
  EXPECT_EQ(RunCommand(&RunHealth, "", {"--timeout=0"}).exit_code, 2);
}

}  // namespace
}  // namespace parley::client
