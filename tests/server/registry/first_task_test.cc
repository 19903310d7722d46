#include "server/registry/first_task.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/batching/runner.h"
#include "tests/server/fake_encoder.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

class FirstTaskTest : public ::testing::Test {
 protected:
  absl::Status RunWith(LoadedModel loaded) {
    const auto model = Serve("fake", std::move(loaded), {});
    runner_->Add(model);
    return RunFirstTask(*model);
  }

  const std::shared_ptr<FakeEngineControl> control_ =
      std::make_shared<FakeEngineControl>();
  const std::unique_ptr<Runner> runner_ = Runner::Create({});
};

TEST_F(FirstTaskTest, PassesWhereAModelWorks) {
  const absl::Status translates = RunWith(MakeFakeModel(control_));
  EXPECT_TRUE(translates.ok()) << translates;
  const absl::Status embeds = RunWith(MakeFakeEncoder(control_));
  EXPECT_TRUE(embeds.ok()) << embeds;
}

TEST_F(FirstTaskTest, SaysWhatIsWrong) {
  control_->LoseEngine();
  const absl::Status status = RunWith(MakeFakeModel(control_));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("its first task failed: the engine of model fake"));
}

TEST_F(FirstTaskTest, EndsWithTheRunner) {
  runner_->Stop(absl::InfinitePast());
  EXPECT_TRUE(absl::IsUnavailable(RunWith(MakeFakeModel(control_))));
}

}  // namespace
}  // namespace parley
