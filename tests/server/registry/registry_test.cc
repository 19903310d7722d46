#include "server/registry/registry.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/fake_encoder.h"
#include "tests/server/fake_shortlist.h"
#include "tests/server/metrics/exposition.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
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
          if (directory == "broken") {
            return absl::InvalidArgumentError("config.json: not JSON");
          }
          if (directory == "encoder") return MakeFakeEncoder(control_);
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
};

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
  EXPECT_THAT(std::string(entries[0].failure.message()),
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
  EXPECT_EQ(registry.List()[0].failure.message(), "the engine was lost");
  EXPECT_EQ(registry.Find("a", ModelKind::kTranslation).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

class FindModelsTest : public ::testing::Test {
 protected:
  void AddFile(const std::string& path) {
    fs::create_directories((directory_ / path).parent_path());
    folder_.Write(path, "{}");
  }

  const TempFolder folder_;
  const fs::path directory_ = folder_.path();
};

TEST_F(FindModelsTest, FindsFoldersWithAConfig) {
  AddFile("b/config.json");
  AddFile("a/config.json");
  AddFile("notes/README.md");
  AddFile(".cache/config.json");
  AddFile("config.json");
  const auto models = FindModels(directory_.string());
  ASSERT_TRUE(models.ok()) << models.status();
  ASSERT_EQ(models->size(), 2);
  EXPECT_EQ((*models)[0].name, "a");
  EXPECT_EQ((*models)[0].directory, (directory_ / "a").string());
  EXPECT_EQ((*models)[1].name, "b");
}

TEST_F(FindModelsTest, SaysWhatAnEmptyRepositoryLacks) {
  const absl::Status status = FindModels(directory_.string()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(directory_.string()));
  EXPECT_THAT(std::string(status.message()), HasSubstr("config.json"));
}

TEST_F(FindModelsTest, NamesAMissingRepository) {
  const std::string missing = (directory_ / "missing").string();
  const absl::Status status = FindModels(missing).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(missing));
  EXPECT_THAT(std::string(status.message()), HasSubstr("No such file"));
}

TEST_F(FindModelsTest, RefusesAFolderNameThatTheWireCannotCarry) {
  AddFile("bad\xff/config.json");
  const absl::Status status = FindModels(directory_.string()).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("bad\\xff"));
}

TEST(ParseModelListTest, TakesPairs) {
  const auto models = ParseModelList("a=/x,b=y/z=w");
  ASSERT_TRUE(models.ok()) << models.status();
  ASSERT_EQ(models->size(), 2);
  EXPECT_EQ((*models)[0].name, "a");
  EXPECT_EQ((*models)[0].directory, "/x");
  EXPECT_EQ((*models)[1].name, "b");
  EXPECT_EQ((*models)[1].directory, "y/z=w");
  ASSERT_TRUE(ParseModelList("").ok());
  EXPECT_THAT(*ParseModelList(""), IsEmpty());
}

TEST(ParseModelListTest, NamesThePartAtFault) {
  for (const char* list : {"a=x,b", "a=x,=b", "a=x,b=", "a=x,"}) {
    const absl::Status status = ParseModelList(list).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << list;
    EXPECT_THAT(std::string(status.message()), HasSubstr("name=path")) << list;
  }
  const absl::Status twice = ParseModelList("a=x,a=y").status();
  EXPECT_EQ(twice.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(twice.message()), HasSubstr("\"a\""));
}

}  // namespace
}  // namespace parley
