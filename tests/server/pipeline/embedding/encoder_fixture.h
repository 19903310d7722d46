// Calls of EmbeddingService's methods in the pipeline, with a fake encoder.
#ifndef PARLEY_TESTS_SERVER_PIPELINE_EMBEDDING_ENCODER_FIXTURE_H_
#define PARLEY_TESTS_SERVER_PIPELINE_EMBEDDING_ENCODER_FIXTURE_H_

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "server/batching/runner.h"
#include "server/pipeline/call.h"
#include "tests/server/fake_encoder.h"

namespace parley {

class EncoderTest : public ::testing::Test {
 protected:
  explicit EncoderTest(std::vector<std::string> labels = {"no", "maybe", "yes"})
      : model_(Serve("fake", MakeFakeEncoder(control_, std::move(labels)),
                     {.max_tasks = 50})) {
    runner_->Add(model_);
  }

  ~EncoderTest() override {
    control_->Hold(false);
    runner_->Stop(absl::InfinitePast());
  }

  EncoderInfo& info() { return model_->info.encoder; }

  // Calls `method` and waits for its answer.
  template <typename Call, typename Reply>
  absl::StatusOr<Reply> Run(void (*method)(std::shared_ptr<ServedModel>,
                                           const CallLimits&, Call,
                                           ReplyCallback<Reply>),
                            Call call) {
    // The callback may outlive this frame by a moment.
    struct Answer {
      absl::Notification given;
      std::optional<absl::StatusOr<Reply>> reply;
    };
    auto answer = std::make_shared<Answer>();
    method(model_, limits_, std::move(call),
           [answer](absl::StatusOr<Reply> reply) {
             answer->reply = std::move(reply);
             answer->given.Notify();
           });
    answer->given.WaitForNotification();
    return *std::move(answer->reply);
  }

  const std::shared_ptr<FakeEngineControl> control_ =
      std::make_shared<FakeEngineControl>();
  const std::shared_ptr<ServedModel> model_;
  const std::unique_ptr<Runner> runner_ = Runner::Create({});
  CallLimits limits_ = {.max_texts_per_request = 8, .max_response_bytes = 4096};
};

inline std::vector<float> Floats(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_PIPELINE_EMBEDDING_ENCODER_FIXTURE_H_
