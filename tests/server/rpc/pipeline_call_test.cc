#include "server/rpc/pipeline_call.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "parley/v1/model.pb.h"
#include "tests/server/fake_encoder.h"
#include "tests/server/metrics/exposition.h"
#include "tests/server/rpc/fake_directory.h"

namespace parley {
namespace {

// A method that answers with the texts' number, or fails, or keeps its caller
// waiting.
struct CountCall {
  std::string what;
  CallContext context;
};
struct CountReply {
  std::string text;
};

ReplyCallback<CountReply>* waiting = nullptr;

absl::StatusOr<CountCall> ToCall(v1::GetModelRequest* request) {
  if (request->model() == "ranker") {
    return absl::InvalidArgumentError("not this one");
  }
  return CountCall{.what = request->model()};
}

void Count(std::shared_ptr<ServedModel> model, const CallLimits& limits,
           CountCall call, ReplyCallback<CountReply> done) {
  if (waiting != nullptr) {
    *waiting = std::move(done);
  } else {
    done(CountReply{.text = call.what + "!"});
  }
}

v1::Model ToResponse(CountReply reply, const std::string& model_name) {
  v1::Model response;
  response.set_name(model_name);
  response.set_display_name(reply.text);
  return response;
}

constexpr PipelineMethod<v1::GetModelRequest, v1::Model, CountCall, CountReply>
    kCount = {Method::kEmbed, &ToCall, &Count, &ToResponse};

class RunMethodTest : public ::testing::Test {
 protected:
  RunMethodTest() {
    const auto control = std::make_shared<FakeEngineControl>();
    directory_.models = {Serve("encoder", MakeFakeEncoder(control), {}),
                         Serve("ranker", MakeFakeEncoder(control), {}),
                         MakeServedModel("fake", control, {})};
  }

  // Null until it is answered.
  void Run(const std::string& model, const CallContext& context = {}) {
    v1::GetModelRequest request;
    request.set_model(model);
    RunMethod(kCount, {.models = &directory_}, &request,
              Caller<v1::Model>{
                  .context = context,
                  .done = [this](absl::StatusOr<v1::Model> response) {
                    EXPECT_EQ(response_, nullptr) << "answered twice";
                    response_ = std::make_unique<absl::StatusOr<v1::Model>>(
                        std::move(response));
                  }});
  }

  FakeDirectory directory_;
  std::unique_ptr<absl::StatusOr<v1::Model>> response_;
};

TEST_F(RunMethodTest, GoesFromRequestToResponse) {
  Run("encoder");
  ASSERT_TRUE(response_->ok()) << response_->status();
  EXPECT_EQ((*response_)->name(), "encoder");
  EXPECT_EQ((*response_)->display_name(), "encoder!");
}

TEST_F(RunMethodTest, RefusesAModelThatIsNotServed) {
  Run("other");
  EXPECT_TRUE(absl::IsNotFound(response_->status()));
}

TEST_F(RunMethodTest, RefusesAModelThatCannot) {
  Run("fake");
  EXPECT_TRUE(absl::IsFailedPrecondition(response_->status()));
}

TEST_F(RunMethodTest, RefusesWhatTheMessagesRefuse) {
  Run("ranker");
  EXPECT_EQ(response_->status(), absl::InvalidArgumentError("not this one"));
}

TEST_F(RunMethodTest, SparesTheConversionOfACancelledCall) {
  ReplyCallback<CountReply> kept;
  waiting = &kept;
  const auto cancel = std::make_shared<CancelFlag>();
  Run("encoder", {.cancel = cancel});
  waiting = nullptr;
  EXPECT_EQ(response_, nullptr);
  cancel->Cancel();
  kept(CountReply{.text = "late"});
  EXPECT_TRUE(absl::IsCancelled(response_->status()));
}

TEST_F(RunMethodTest, TellsTheRecordWhatItLearns) {
  Metrics metrics("1");
  const auto run = [&](const std::string& model, const std::string& code,
                       const std::string& label) {
    v1::GetModelRequest request;
    request.set_model(model);
    const auto record = std::make_shared<CallRecord>(
        CallReporting{.metrics = &metrics}, "Count", CallIdentity());
    RunMethod(
        kCount, {.models = &directory_}, &request,
        Caller<v1::Model>{.done =
                              [&record](absl::StatusOr<v1::Model> response) {
                                record->End(response.status());
                              },
                          .record = record});
    EXPECT_EQ(
        Exposition(metrics.Text())
            .Value("parley_requests_total",
                   {{"method", "Count"}, {"code", code}, {"model", label}}),
        1);
  };
  run("encoder", "OK", "encoder");
  run("ranker", "INVALID_ARGUMENT", "ranker");
  // Names that nobody has are no labels.
  run("other", "NOT_FOUND", "");
  run("fake", "FAILED_PRECONDITION", "");
}

}  // namespace
}  // namespace parley
