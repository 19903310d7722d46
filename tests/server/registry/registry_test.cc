#include "server/registry/registry.h"

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/eventually.h"
#include "tests/server/fake_encoder.h"
#include "tests/server/fake_shortlist.h"
#include "tests/server/metrics/exposition.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RegistryTest : public ::testing::Test {
 protected:
  Registry MakeRegistry() {
    return Registry(
        [this](const std::string& directory, const LoadOptions& options,
               const LoadProgress& progress) -> absl::StatusOr<LoadedModel> {
          progress("reading", 0.5);
          seen_threads_ = options.num_threads;
          if (on_load_) on_load_();
          if (directory == "broken") {
            return absl::InvalidArgumentError("config.json: not JSON");
          }
          if (directory == "encoder") return MakeFakeEncoder(control_);
          if (directory == "lost") {
            auto control = std::make_shared<FakeEngineControl>();
            control->LoseEngine();
            return MakeFakeModel(std::move(control));
          }
          LoadedModel model = MakeFakeModel(control_);
          model.shortlist = std::make_unique<FakeShortlist>();
          return model;
        },
        {.num_threads = 3}, {.max_tasks = 7}, runner_.get());
  }

  static void Ignore(absl::string_view stage, double done) {}

  const std::shared_ptr<FakeEngineControl> control_ =
      std::make_shared<FakeEngineControl>();
  const std::unique_ptr<Runner> runner_ = Runner::Create({});
  int seen_threads_ = 0;
  std::function<void()> on_load_;
};

// Waits until nobody holds the model any more; false where somebody does.
bool Released(const std::weak_ptr<ServedModel>& model) {
  return Eventually([&model] { return model.expired(); });
}

TEST_F(RegistryTest, AnEmptyOneFindsNothing) {
  EXPECT_EQ(MakeRegistry().Find("", ModelKind::kTranslation).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(MakeRegistry().List(), IsEmpty());
}

TEST_F(RegistryTest, GoesFromLoadingToReady) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Declare("a").ok());
  EXPECT_EQ(registry.Find("a", ModelKind::kTranslation).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(registry.List()[0].state, ModelState::kLoading);

  double reported = 0;
  ASSERT_TRUE(
      registry
          .Load({.name = "a", .directory = "good"},
                [&](absl::string_view, double done) { reported = done; })
          .ok());
  EXPECT_EQ(reported, 0.5);
  EXPECT_EQ(seen_threads_, 3);
  const auto model = registry.Find("a", ModelKind::kTranslation);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->name, "a");
  EXPECT_EQ((*model)->queue->max_tasks(), 7);
  ASSERT_NE((*model)->shortlist, nullptr);
  EXPECT_THAT((*model)->shortlist->TargetTokens({8, 9}), ElementsAre(9, 256));
  EXPECT_EQ(registry.List()[0].state, ModelState::kReady);
  EXPECT_EQ(registry.List()[0].model, *model);
}

TEST_F(RegistryTest, TellsWhatIsCountedOfItsModels) {
  Metrics metrics("1");
  Registry registry = MakeRegistry();
  registry.ReportTo(&metrics);
  ASSERT_TRUE(registry.Declare("a").ok());
  ASSERT_TRUE(registry.Load({.name = "a", .directory = "good"}, Ignore).ok());
  const auto model = registry.Find("a", ModelKind::kTranslation);
  ASSERT_TRUE(model.ok()) << model.status();
  (*model)->observer->OnEvicted();
  std::vector<QueueEntry> entries(8);  // One too many.
  EXPECT_FALSE((*model)->queue->Push(std::move(entries)).ok());
  const Exposition all(metrics.Text());
  EXPECT_TRUE(all.Has("parley_model_load_seconds",
                      {{"model", "a"}, {"version", (*model)->version}}));
  EXPECT_EQ(all.Value("parley_tasks_evicted_total", {{"model", "a"}}), 1);
  EXPECT_EQ(all.Value("parley_tasks_rejected_total",
                      {{"model", "a"}, {"reason", "queue_full"}}),
            8);
}

TEST_F(RegistryTest, AnEmptyNameMeansTheOnlyModel) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Declare("a").ok());
  ASSERT_TRUE(registry.Load({"a", "good"}, Ignore).ok());
  ASSERT_TRUE(registry.Find("", ModelKind::kTranslation).ok());
  EXPECT_EQ((*registry.Find("", ModelKind::kTranslation))->name, "a");

  // Also where the second cannot be used: what a request means must not hang
  // on which models happen to work.
  ASSERT_TRUE(registry.Declare("b").ok());
  EXPECT_THAT(registry.Find("", ModelKind::kTranslation).status().code(),
              absl::StatusCode::kUnavailable);  // It may be meant.
  EXPECT_FALSE(registry.Load({"b", "broken"}, Ignore).ok());
  const absl::Status status =
      registry.Find("", ModelKind::kTranslation).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("a, b"));
}

TEST_F(RegistryTest, AnEmptyNameMeansTheOnlyModelOfItsKind) {
  Registry registry = MakeRegistry();
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(registry.Declare(name).ok());
  }
  ASSERT_TRUE(registry.Load({"a", "good"}, Ignore).ok());
  ASSERT_TRUE(registry.Load({"b", "encoder"}, Ignore).ok());
  ASSERT_TRUE(registry.Load({"c", "good"}, Ignore).ok());
  const auto encoder = registry.Find("", ModelKind::kEncoder);
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  EXPECT_EQ((*encoder)->name, "b");
  EXPECT_NE((*encoder)->encoder_tokenizer, nullptr);
  const absl::Status several =
      registry.Find("", ModelKind::kTranslation).status();
  EXPECT_EQ(several.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(several.message()), HasSubstr("a, c"));
  // A name means its model, of whatever kind.
  EXPECT_EQ((*registry.Find("a", ModelKind::kEncoder))->name, "a");

  // The kind of a lost engine is known.
  (*encoder)->queue->Close(absl::InternalError("the engine was lost"));
  EXPECT_EQ(registry.Find("", ModelKind::kEncoder).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(RegistryTest, AKindThatIsNotServed) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Declare("a").ok());
  ASSERT_TRUE(registry.Load({"a", "good"}, Ignore).ok());
  const absl::Status status = registry.Find("", ModelKind::kEncoder).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no encoder model"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("the models are: a"));
}

TEST_F(RegistryTest, AnUnknownNameIsAnsweredWithTheNames) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Declare("b").ok());
  ASSERT_TRUE(registry.Declare("a").ok());
  const absl::Status status =
      registry.Find("c", ModelKind::kTranslation).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"c\""));
  EXPECT_THAT(std::string(status.message()), HasSubstr("a, b"));
}

TEST_F(RegistryTest, KeepsAFailureAndServesTheOthers) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Declare("bad").ok());
  ASSERT_TRUE(registry.Declare("good").ok());
  EXPECT_FALSE(registry.Load({"bad", "broken"}, Ignore).ok());
  ASSERT_TRUE(registry.Load({"good", "good"}, Ignore).ok());
  EXPECT_EQ(registry.Find("bad", ModelKind::kTranslation).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(registry.Find("good", ModelKind::kTranslation).ok());
  const std::vector<ModelEntry> entries = registry.List();
  ASSERT_EQ(entries.size(), 2);
  EXPECT_EQ(entries[0].state, ModelState::kFailed);
  EXPECT_THAT(std::string(entries[0].last_error.message()),
              HasSubstr("config.json"));
  EXPECT_EQ(entries[0].model, nullptr);
}

TEST_F(RegistryTest, RefusesNamesTwiceAndBadNames) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Declare("a").ok());
  EXPECT_EQ(registry.Declare("a").code(), absl::StatusCode::kAlreadyExists);
  for (const std::string& name : {std::string(), std::string("a\nb"),
                                  std::string("\xff"), std::string(201, 'a')}) {
    EXPECT_EQ(registry.Declare(name).code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(RegistryTest, ListsALostEngineAsFailed) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Declare("a").ok());
  ASSERT_TRUE(registry.Load({"a", "good"}, Ignore).ok());
  const auto model = registry.Find("a", ModelKind::kTranslation);
  ASSERT_TRUE(model.ok());
  (*model)->queue->Close(absl::InternalError("the engine was lost"));
  EXPECT_EQ(registry.List()[0].state, ModelState::kFailed);
  EXPECT_EQ(registry.List()[0].last_error.message(), "the engine was lost");
  EXPECT_EQ(registry.Find("a", ModelKind::kTranslation).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(RegistryTest, LoadsANameThatWasNotDeclared) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Load({"a", "good"}, Ignore).ok());
  EXPECT_EQ((*registry.Find("a", ModelKind::kTranslation))->version, "1");
  EXPECT_EQ(registry.SourceOf("a")->directory, "good");
  EXPECT_EQ(registry.Load({"a", "good"}, Ignore).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(registry.Load({"b\n", "good"}, Ignore).code(),
            absl::StatusCode::kInvalidArgument);
  // One that fails leaves nothing.
  EXPECT_EQ(registry.Load({"b", "broken"}, Ignore).message(),
            "config.json: not JSON");
  EXPECT_EQ(registry.List().size(), 1);
  EXPECT_TRUE(absl::IsNotFound(registry.Get("b").status()));
}

TEST_F(RegistryTest, ReloadsBesideTheOldVersion) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Load({"a", "good"}, Ignore).ok());
  auto old = *registry.Find("a", ModelKind::kTranslation);
  on_load_ = [&] {
    // While the new version is being loaded, the old one is served.
    EXPECT_EQ(*registry.Find("a", ModelKind::kTranslation), old);
    EXPECT_EQ(registry.Get("a")->state, ModelState::kReady);
  };
  ASSERT_TRUE(registry.Reload("a", "", Ignore).ok());
  const auto fresh = *registry.Find("a", ModelKind::kTranslation);
  EXPECT_EQ(fresh->version, "2");
  EXPECT_NE(fresh, old);
  // Who holds the old one can use it until the end.
  EXPECT_EQ(old->version, "1");
  EXPECT_TRUE(old->queue->closed().ok());
  absl::Notification answered;
  std::vector<QueueEntry> entries(1);
  entries[0].task.source_ids = {1};
  entries[0].task.search.num_hypotheses = 1;
  entries[0].done = [&](TaskOutcome outcome) {
    EXPECT_TRUE(outcome.result.ok()) << outcome.result.status();
    answered.Notify();
  };
  ASSERT_TRUE(old->queue->Push(std::move(entries)).ok());
  answered.WaitForNotification();
  const std::weak_ptr<ServedModel> watched = old;
  old.reset();
  EXPECT_TRUE(Released(watched));
  EXPECT_TRUE(fresh->queue->closed().ok());
}

// What a lease is for: the runner lets go of a model when no call has it.
TEST_F(RegistryTest, TheRunnerLetsGoOfAnUnloadedModel) {
  struct Watched : FakeEngine {
    Watched(std::shared_ptr<FakeEngineControl> control,
            absl::Notification* gone)
        : FakeEngine(std::move(control)), gone(gone) {}
    ~Watched() override { gone->Notify(); }
    absl::Notification* const gone;
  };
  absl::Notification gone;
  Registry registry(
      [&](const std::string&, const LoadOptions&,
          const LoadProgress&) -> absl::StatusOr<LoadedModel> {
        LoadedModel model = MakeFakeModel(control_);
        model.engines[0] = std::make_unique<Watched>(control_, &gone);
        return model;
      },
      {}, {}, runner_.get());
  ASSERT_TRUE(registry.Load({"a", "x"}, Ignore).ok());
  auto held = *registry.Find("a", ModelKind::kTranslation);
  ASSERT_TRUE(registry.Unload("a").ok());
  EXPECT_TRUE(
      absl::IsNotFound(registry.Find("a", ModelKind::kTranslation).status()));
  EXPECT_TRUE(registry.List().empty());
  EXPECT_FALSE(gone.HasBeenNotified());
  held.reset();
  EXPECT_TRUE(gone.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

TEST_F(RegistryTest, ABadNewVersionLeavesTheOldOne) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Load({"a", "good"}, Ignore).ok());
  const auto old = *registry.Find("a", ModelKind::kTranslation);
  for (const char* directory : {"broken", "lost"}) {
    const absl::Status status = registry.Reload("a", directory, Ignore);
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(*registry.Find("a", ModelKind::kTranslation), old);
    const ModelEntry entry = *registry.Get("a");
    EXPECT_EQ(entry.state, ModelState::kReady);
    EXPECT_EQ(entry.last_error, status);
    EXPECT_EQ(registry.SourceOf("a")->directory, "good");
  }
  EXPECT_THAT(std::string(registry.Get("a")->last_error.message()),
              HasSubstr("its first task failed"));
  // A good one takes the error away, and the number that the bad ones left.
  ASSERT_TRUE(registry.Reload("a", "encoder", Ignore).ok());
  EXPECT_TRUE(registry.Get("a")->last_error.ok());
  EXPECT_EQ(registry.Get("a")->model->version, "2");
  EXPECT_EQ(registry.SourceOf("a")->directory, "encoder");
}

TEST_F(RegistryTest, ReloadsAModelThatFailed) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Declare("a").ok());
  EXPECT_FALSE(registry.Load({"a", "broken"}, Ignore).ok());
  EXPECT_FALSE(registry.Reload("a", "", Ignore).ok());
  EXPECT_EQ(registry.Get("a")->state, ModelState::kFailed);
  ASSERT_TRUE(registry.Reload("a", "good", Ignore).ok());
  EXPECT_EQ(registry.Get("a")->state, ModelState::kReady);
}

TEST_F(RegistryTest, OneChangeOfAModelAtATime) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Declare("a").ok());
  EXPECT_TRUE(absl::IsAborted(registry.Reload("a", "", Ignore)));
  EXPECT_TRUE(absl::IsAborted(registry.Unload("a")));
  bool asked = false;
  on_load_ = [&] {
    asked = true;
    on_load_ = nullptr;
    EXPECT_TRUE(absl::IsAborted(registry.Load({"a", "good"}, Ignore)));
    EXPECT_TRUE(absl::IsAborted(registry.Reload("a", "", Ignore)));
    EXPECT_TRUE(absl::IsAborted(registry.Unload("a")));
    ASSERT_TRUE(registry.Load({"b", "good"}, Ignore).ok());
  };
  ASSERT_TRUE(registry.Load({"a", "good"}, Ignore).ok());
  EXPECT_TRUE(asked);
  EXPECT_TRUE(absl::IsNotFound(registry.Reload("c", "", Ignore)));
  EXPECT_TRUE(absl::IsNotFound(registry.Unload("c")));
}

TEST_F(RegistryTest, VersionsGoOnAfterUnloading) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Load({"a", "good"}, Ignore).ok());
  ASSERT_TRUE(registry.Unload("a").ok());
  ASSERT_TRUE(registry.Load({"a", "good"}, Ignore).ok());
  EXPECT_EQ(registry.Get("a")->model->version, "2");
}

TEST_F(RegistryTest, AnEmptyNameMeansTheSameWhileAnotherIsLoaded) {
  Registry registry = MakeRegistry();
  ASSERT_TRUE(registry.Load({"a", "good"}, Ignore).ok());
  on_load_ = [&] {
    EXPECT_EQ((*registry.Find("", ModelKind::kTranslation))->name, "a");
    EXPECT_TRUE(absl::IsUnavailable(
        registry.Find("b", ModelKind::kTranslation).status()));
  };
  ASSERT_TRUE(registry.Load({"b", "encoder"}, Ignore).ok());
  EXPECT_EQ((*registry.Find("", ModelKind::kTranslation))->name, "a");
}

}  // namespace
}  // namespace parley
