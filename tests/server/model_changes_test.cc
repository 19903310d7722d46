#include "server/model_changes.h"

#include <filesystem>
#include <future>
#include <memory>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/eventually.h"
#include "tests/server/fake_model.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Kind = ModelChange::Kind;

class ModelChangesTest : public ::testing::Test {
 protected:
  ModelChangesTest() { Begin(absl::Hours(1)); }
  ~ModelChangesTest() override {
    // What waits for the test waits no more.
    if (held_ != nullptr && !held_->HasBeenNotified()) held_->Notify();
    changes_.reset();
  }

  // Loads folders whose config.json says "good".
  absl::StatusOr<LoadedModel> Load(const std::string& directory,
                                   const LoadOptions& options) {
    if (held_ != nullptr) {
      loading_.Notify();
      held_->WaitForNotification();
    }
    seen_type_ = options.compute_type;
    seen_directory_ = directory;
    std::ifstream file(directory + "/config.json");
    std::string text;
    file >> text;
    if (text != "good") return absl::DataLossError("config.json is bad");
    return MakeFakeModel(control_);
  }

  void Begin(absl::Duration watch_interval) {
    changes_.reset();
    changes_ = std::make_unique<ModelChanges>(
        ModelChanges::Options{.repository = folder_.path(),
                              .compute_types = *ParseComputeTypes("f32,b=bf16"),
                              .watch_interval = watch_interval,
                              .changed = [this] { ++num_changed_; }},
        &registry_);
  }

  void Write(const std::string& name, const std::string& text) {
    fs::create_directories(folder_.path() + "/" + name);
    folder_.Write(name + "/config.json", text);
  }

  std::future<absl::StatusOr<ModelListing>> Start(ModelChange change) {
    auto promise =
        std::make_shared<std::promise<absl::StatusOr<ModelListing>>>();
    changes_->Change(std::move(change),
                     [promise](absl::StatusOr<ModelListing> listing) {
                       promise->set_value(std::move(listing));
                     });
    return promise->get_future();
  }
  absl::StatusOr<ModelListing> Change(ModelChange change) {
    return Start(std::move(change)).get();
  }

  std::string VersionOf(const std::string& name) {
    const auto entry = registry_.Get(name);
    return entry.ok() && entry->model != nullptr ? entry->model->version : "";
  }

  const TempFolder folder_;
  const std::shared_ptr<FakeEngineControl> control_ =
      std::make_shared<FakeEngineControl>();
  const std::unique_ptr<Runner> runner_ = Runner::Create({});
  std::atomic<int> num_changed_ = 0;
  std::optional<ComputeType> seen_type_;
  std::string seen_directory_;
  std::unique_ptr<absl::Notification> held_;  // Loads wait for it.
  absl::Notification loading_;
  Registry registry_{
      [this](const std::string& directory, const LoadOptions& options,
             const LoadProgress&) { return Load(directory, options); },
      {},
      {},
      runner_.get()};
  std::unique_ptr<ModelChanges> changes_;
};

TEST_F(ModelChangesTest, MakesThem) {
  Write("a", "good");
  auto loaded = Change({.kind = Kind::kLoad, .name = "a"});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->name, "a");
  EXPECT_EQ(loaded->model->version, "1");
  EXPECT_EQ(seen_type_, ComputeType::kF32);
  EXPECT_EQ(num_changed_, 1);
  Write("other", "good");
  const std::string other = folder_.path() + "/other";
  auto reloaded =
      Change({.kind = Kind::kReload, .name = "a", .directory = other});
  ASSERT_TRUE(reloaded.ok()) << reloaded.status();
  EXPECT_EQ(reloaded->model->version, "2");
  EXPECT_EQ(seen_directory_, other);
  ASSERT_TRUE(Change({.kind = Kind::kUnload, .name = "a"}).ok());
  EXPECT_TRUE(absl::IsNotFound(registry_.Get("a").status()));
  EXPECT_EQ(num_changed_, 3);
}

TEST_F(ModelChangesTest, TheComputeTypeIsTheCallersOrThatOfTheFlags) {
  Write("b", "good");
  ASSERT_TRUE(Change({.kind = Kind::kLoad, .name = "b"}).ok());
  EXPECT_EQ(seen_type_, ComputeType::kBF16);
  ASSERT_TRUE(Change({.kind = Kind::kLoad,
                      .name = "c",
                      .directory = folder_.path() + "/b",
                      .compute_type = ComputeType::kInt8})
                  .ok());
  EXPECT_EQ(seen_type_, ComputeType::kInt8);
}

TEST_F(ModelChangesTest, SaysWhatCannotBeDone) {
  EXPECT_TRUE(
      absl::IsNotFound(Change({.kind = Kind::kReload, .name = "a"}).status()));
  EXPECT_TRUE(
      absl::IsNotFound(Change({.kind = Kind::kUnload, .name = "a"}).status()));
  Write("a", "bad");
  EXPECT_EQ(Change({.kind = Kind::kLoad, .name = "a"}).status(),
            absl::DataLossError("config.json is bad"));
  for (const char* name : {"../a", "..", "."}) {
    const absl::Status status =
        Change({.kind = Kind::kLoad, .name = name}).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << name;
    EXPECT_THAT(std::string(status.message()), HasSubstr("no folder's name"));
  }
}

TEST_F(ModelChangesTest, OneOfAModelAtATime) {
  Write("a", "good");
  Write("b", "good");
  held_ = std::make_unique<absl::Notification>();
  auto first = Start({.kind = Kind::kLoad, .name = "a"});
  loading_.WaitForNotification();
  EXPECT_TRUE(changes_->busy());
  EXPECT_TRUE(
      absl::IsAborted(Change({.kind = Kind::kUnload, .name = "a"}).status()));
  // Another model's waits for its turn, and is refused at the end.
  auto waiting = Start({.kind = Kind::kLoad, .name = "b"});
  changes_->Stop();
  EXPECT_TRUE(absl::IsUnavailable(waiting.get().status()));
  EXPECT_TRUE(
      absl::IsUnavailable(Change({.kind = Kind::kLoad, .name = "b"}).status()));
  held_->Notify();
  EXPECT_TRUE(first.get().ok());  // What was begun is finished.
}

TEST_F(ModelChangesTest, RefusesTooMany) {
  held_ = std::make_unique<absl::Notification>();
  auto first = Start({.kind = Kind::kLoad, .name = "a"});
  loading_.WaitForNotification();
  std::vector<std::future<absl::StatusOr<ModelListing>>> waiting;
  for (size_t i = 0; i < ModelChanges::kMaxWaiting; ++i) {
    waiting.push_back(
        Start({.kind = Kind::kUnload, .name = absl::StrCat("m", i)}));
  }
  EXPECT_TRUE(absl::IsResourceExhausted(
      Change({.kind = Kind::kUnload, .name = "one more"}).status()));
  held_->Notify();
  for (auto& change : waiting) {
    EXPECT_TRUE(absl::IsNotFound(change.get().status()));
  }
}

TEST_F(ModelChangesTest, RunsWorkInItsTurn) {
  absl::Notification done;
  changes_->Run([&] { done.Notify(); });
  done.WaitForNotification();
  changes_->Stop();
  changes_->Run([] { FAIL(); });
}

TEST_F(ModelChangesTest, FollowsTheRepository) {
  Write("a", "good");
  Begin(absl::Milliseconds(10));
  ASSERT_TRUE(Change({.kind = Kind::kLoad, .name = "a"}).ok());
  changes_->Watch(*TakeSnapshot(folder_.path()));
  // A new folder.
  Write("b", "good");
  EXPECT_TRUE(Eventually([&] { return VersionOf("b") == "1"; }));
  // A new version that is bad, then a good one.
  Write("a", "bad version");
  EXPECT_TRUE(Eventually([&] { return !registry_.Get("a")->last_error.ok(); }));
  EXPECT_EQ(VersionOf("a"), "1");
  Write("a", "good    ");
  EXPECT_TRUE(Eventually([&] { return VersionOf("a") == "2"; }));
  EXPECT_TRUE(registry_.Get("a")->last_error.ok());
  // One that is gone.
  fs::remove_all(folder_.path() + "/b");
  EXPECT_TRUE(Eventually([&] { return !registry_.Get("b").ok(); }));
  EXPECT_EQ(VersionOf("a"), "2");
}

TEST_F(ModelChangesTest, LetsModelsFromElsewhereBe) {
  Write("a", "good");
  const TempFolder elsewhere;
  elsewhere.Write("config.json", "good");
  Begin(absl::Milliseconds(10));
  ASSERT_TRUE(
      Change({.kind = Kind::kLoad, .name = "a", .directory = elsewhere.path()})
          .ok());
  changes_->Watch({});
  Write("b", "good");  // Comes no sooner than a.
  EXPECT_TRUE(Eventually([&] { return VersionOf("b") == "1"; }));
  EXPECT_EQ(VersionOf("a"), "1");
  EXPECT_EQ(registry_.SourceOf("a")->directory, elsewhere.path());
}

}  // namespace
}  // namespace parley
