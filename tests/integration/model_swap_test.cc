// Models of the real server come, go and change while it is called: no call
// fails, and each is answered by one version.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "tests/integration/demo_versions.h"
#include "tests/integration/soak_counts.h"
#include "tests/server/server_process.h"

namespace parley {
namespace {

using ::grpc::health::v1::HealthCheckResponse;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ModelSwapTest : public ::testing::Test {
 protected:
  ~ModelSwapTest() override { server_.End(); }

  Translated Translate(const std::string& model) {
    return TranslateCaptions(server_.client(), model);
  }

  const TempFolder folder_;
  // By whether a version's number is even.
  const std::string directories_[2] = {AddDemoVersion(folder_, "even", 4),
                                       AddDemoVersion(folder_, "odd", 20)};
  TranslationServer server_{
      {"--models=demo=" + directories_[1], "--admin_port=0"}};
  ModelClient admin_{server_.process().admin_address()};
};

bool IsOdd(const std::string& version) { return std::stoi(version) % 2 == 1; }

TEST_F(ModelSwapTest, NoCallFailsAndNoneIsMixed) {
  const int num_swaps = SoakCount({.small = 10, .full = 1000});
  const int num_clients = SoakCount({.small = 4, .full = 16});
  std::vector<std::string> expected[2];
  expected[1] = Translate("demo").texts;
  std::string version;
  ASSERT_TRUE(admin_.Reload("demo", directories_[0], &version).ok());
  ASSERT_EQ(version, "2");
  expected[0] = Translate("demo").texts;
  ASSERT_NE(expected[0], expected[1]);

  std::atomic<bool> swapping = true;
  std::atomic<int> num_calls[2] = {0, 0};
  const auto call = [&] {
    const TranslationClient client(server_.address());
    int last = 0;
    while (swapping) {
      const Translated answer = TranslateCaptions(client, "demo");
      ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
      const int is_odd = IsOdd(answer.version) ? 1 : 0;
      ASSERT_EQ(answer.texts, expected[is_odd]) << answer.version;
      // One call after the other never goes back.
      ASSERT_GE(std::stoi(answer.version), last);
      last = std::stoi(answer.version);
      ++num_calls[is_odd];
    }
  };
  std::vector<std::thread> clients;
  for (int i = 0; i < num_clients; ++i) clients.emplace_back(call);
  for (int i = 0; i < num_swaps; ++i) {
    const int next = 3 + i;
    const int calls_before = num_calls[0] + num_calls[1];
    const grpc::Status status =
        admin_.Reload("demo", directories_[next % 2], &version);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(version, absl::StrCat(next));
    EXPECT_EQ(Translate("demo").version, version);
    // Each version is called at least once, in the midst of others' calls.
    EXPECT_TRUE(
        Eventually([&] { return num_calls[0] + num_calls[1] > calls_before; }));
  }
  swapping = false;
  for (std::thread& client : clients) client.join();
  EXPECT_GT(num_calls[0], 0);
  EXPECT_GT(num_calls[1], 0);
}

TEST_F(ModelSwapTest, LoadsAndUnloads) {
  HealthWatch health(server_.client().channel(), "second");
  EXPECT_EQ(health.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  EXPECT_EQ(admin_.Load("demo", directories_[0]).error_code(),
            grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(Translate("second").status.error_code(),
            grpc::StatusCode::NOT_FOUND);
  const grpc::Status loaded = admin_.Load("second", directories_[0]);
  ASSERT_TRUE(loaded.ok()) << loaded.error_message();
  // It may have been seen while it was loading.
  int state = health.Next();
  if (state == HealthCheckResponse::NOT_SERVING) state = health.Next();
  EXPECT_EQ(state, HealthCheckResponse::SERVING);
  EXPECT_EQ(Translate("second").version, "1");
  EXPECT_NE(Translate("second").texts, Translate("demo").texts);
  ASSERT_TRUE(admin_.Unload("second").ok());
  EXPECT_EQ(health.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  EXPECT_EQ(Translate("second").status.error_code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Translate("demo").status.ok());
  // All of them may go.
  HealthWatch whole(server_.client().channel(), "");
  EXPECT_EQ(whole.Next(), HealthCheckResponse::SERVING);
  ASSERT_TRUE(admin_.Unload("demo").ok());
  EXPECT_EQ(whole.Next(), HealthCheckResponse::NOT_SERVING);
  ASSERT_TRUE(admin_.Load("demo", directories_[1]).ok());
  EXPECT_EQ(whole.Next(), HealthCheckResponse::SERVING);
  EXPECT_EQ(Translate("").version, "2");
}

TEST_F(ModelSwapTest, CallsUnderWayOutliveTheirModel) {
  const auto call = server_.Start(
      DemoRequest(std::vector<std::string>(512, "A man is riding a bike.")));
  ASSERT_TRUE(admin_.Unload("demo").ok());
  const grpc::Status& status = call->Wait();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(call->response().model_version(), "1");
  ASSERT_EQ(call->response().results_size(), 512);
  for (const v1::TranslateResult& result : call->response().results()) {
    ASSERT_EQ(result.status().code(), 0) << result.status().message();
  }
}

TEST_F(ModelSwapTest, ABadVersionLeavesTheOldOneAndSaysWhy) {
  const std::vector<std::string> before = Translate("demo").texts;
  const std::string bad = AddDemoVersion(folder_, "bad", 4);
  std::filesystem::remove(bad + "/config.json");
  folder_.Write("bad/config.json", "{\"model_type\": \"marian\"}");
  std::string version;
  const grpc::Status status = admin_.Reload("demo", bad, &version);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.error_message(), HasSubstr(bad + "/config.json"));
  const Translated after = Translate("demo");
  EXPECT_EQ(after.version, "1");
  EXPECT_EQ(after.texts, before);
  const v1::Model model = admin_.Get("demo");
  EXPECT_EQ(model.state(), v1::MODEL_STATE_READY);
  EXPECT_EQ(model.version(), "1");
  EXPECT_EQ(model.last_error(), status.error_message());
  EXPECT_THAT(ModelClient(server_.address()).Get("demo").last_error(),
              AllOf(HasSubstr("admin port"), Not(HasSubstr(folder_.path()))));
  EXPECT_TRUE(server_.process().WaitForErr("version 1 is still served"));
  ASSERT_TRUE(admin_.Reload("demo", "", &version).ok());
  EXPECT_EQ(version, "2");
  EXPECT_EQ(admin_.Get("demo").last_error(), "");
}

TEST_F(ModelSwapTest, OnlyTheAdminPortChangesModels) {
  ModelClient public_port(server_.address());
  for (const grpc::Status& status :
       {public_port.Load("x", directories_[0]), public_port.Unload("demo"),
        public_port.Reload("demo", "", nullptr)}) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_THAT(status.error_message(),
                HasSubstr(server_.process().admin_address()));
  }
  EXPECT_EQ(public_port.Get("demo").version(), "1");
}

}  // namespace
}  // namespace parley
