// The real server follows what becomes of its repository's folders.
#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "tests/integration/demo_versions.h"
#include "tests/server/server_process.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using ::grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;

TEST(RepositoryWatchTest, FoldersComeChangeAndGo) {
  const TempFolder repository;
  const TempFolder elsewhere;
  ServerProcess server(
      {.arguments = {"--model_repository=" + repository.path(),
                     "--watch_repository", "--watch_interval=100ms",
                     "--grpc_port=0", "--admin_port=0"}});
  const std::string address = server.WaitUntilReady();
  ASSERT_NE(address, "") << server.err();
  EXPECT_THAT(server.out(), HasSubstr("models: none yet"));
  const auto channel = ChannelTo(address);
  const auto stub = v1::TranslationService::NewStub(channel);
  ModelClient models(address);

  // A folder comes.
  HealthWatch health(channel, "demo");
  EXPECT_EQ(health.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  AddDemoVersion(elsewhere, "demo", 20);
  fs::copy(elsewhere.path() + "/demo", repository.path() + "/demo",
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  int state = health.Next();
  if (state == HealthCheckResponse::NOT_SERVING) state = health.Next();
  ASSERT_EQ(state, HealthCheckResponse::SERVING) << server.err();
  const Translated first = TranslateCaptions(stub.get(), "demo");
  ASSERT_TRUE(first.status.ok()) << first.status.error_message();
  EXPECT_EQ(first.version, "1");

  // It changes.
  repository.Write("demo/generation_config.json", GenerationConfig(4));
  ASSERT_TRUE(Eventually([&] { return models.Get("demo").version() == "2"; }))
      << server.err();
  const Translated second = TranslateCaptions(stub.get(), "demo");
  EXPECT_EQ(second.version, "2");
  EXPECT_NE(second.texts, first.texts);

  // A bad version is told of and not served.
  repository.Write("demo/generation_config.json", "{\"num_beams\": \"four\"}");
  ASSERT_TRUE(
      Eventually([&] { return !models.Get("demo").last_error().empty(); }));
  EXPECT_THAT(server.err(), HasSubstr("version 2 is still served"));
  EXPECT_EQ(TranslateCaptions(stub.get(), "demo").texts, second.texts);
  repository.Write("demo/generation_config.json", GenerationConfig(20));
  ASSERT_TRUE(Eventually([&] { return models.Get("demo").version() == "3"; }))
      << server.err();
  EXPECT_EQ(TranslateCaptions(stub.get(), "demo").texts, first.texts);

  // It goes.
  fs::remove_all(repository.path() + "/demo");
  EXPECT_EQ(health.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  EXPECT_EQ(TranslateCaptions(stub.get(), "demo").status.error_code(),
            grpc::StatusCode::NOT_FOUND);
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitForExit(), 0) << server.err();
}

}  // namespace
}  // namespace parley
