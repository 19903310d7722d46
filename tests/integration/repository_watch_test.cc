// The real server follows what becomes of its repository's folders.
#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "tests/integration/demo_versions.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using ::grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;

TEST(RepositoryWatchTest, FoldersComeChangeAndGo) {
  const TempFolder repository;
  const TempFolder elsewhere;
  TranslationServer translating({"--model_repository=" + repository.path(),
                                 "--watch_repository",
                                 "--watch_interval=100ms"});
  ServerProcess& server = translating.process();
  TranslationClient& client = translating.client();
  EXPECT_THAT(server.out(), HasSubstr("models: none yet"));
  ModelClient models(translating.address());

  // A folder comes.
  HealthWatch health(client.channel(), "demo");
  EXPECT_EQ(health.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  AddDemoVersion(elsewhere, "demo", 20);
  // At once, or a machine that is busy might be at it for many intervals.
  fs::rename(elsewhere.path() + "/demo", repository.path() + "/demo");
  int state = health.Next();
  if (state == HealthCheckResponse::NOT_SERVING) state = health.Next();
  ASSERT_EQ(state, HealthCheckResponse::SERVING) << server.err();
  const Translated first = TranslateCaptions(client, "demo");
  ASSERT_TRUE(first.status.ok()) << first.status.error_message();
  EXPECT_EQ(first.version, "1");

  // It changes.
  repository.Write("demo/generation_config.json", GenerationConfig(4));
  ASSERT_TRUE(Eventually([&] { return models.Get("demo").version() == "2"; }))
      << server.err();
  const Translated second = TranslateCaptions(client, "demo");
  EXPECT_EQ(second.version, "2");
  EXPECT_NE(second.texts, first.texts);

  // A bad version is told of and not served.
  repository.Write("demo/generation_config.json", "{\"num_beams\": \"four\"}");
  ASSERT_TRUE(
      Eventually([&] { return !models.Get("demo").last_error().empty(); }));
  EXPECT_TRUE(server.WaitForErr("version 2 is still served"));
  EXPECT_EQ(TranslateCaptions(client, "demo").texts, second.texts);
  repository.Write("demo/generation_config.json", GenerationConfig(20));
  ASSERT_TRUE(Eventually([&] { return models.Get("demo").version() == "3"; }))
      << server.err();
  EXPECT_EQ(TranslateCaptions(client, "demo").texts, first.texts);

  // It goes.
  fs::remove_all(repository.path() + "/demo");
  EXPECT_EQ(health.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  EXPECT_EQ(TranslateCaptions(client, "demo").status.error_code(),
            grpc::StatusCode::NOT_FOUND);
  translating.End();
}

}  // namespace
}  // namespace parley
