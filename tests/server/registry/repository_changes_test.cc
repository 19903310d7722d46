#include "server/registry/repository_changes.h"

#include <filesystem>
#include <system_error>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class SnapshotTest : public ::testing::Test {
 protected:
  void AddFile(const std::string& path, const std::string& bytes = "{}") {
    fs::create_directories((directory_ / path).parent_path());
    folder_.Write(path, bytes);
  }

  // What is said of model `name`.
  std::string Of(const std::string& name) {
    const auto snapshot = TakeSnapshot(directory_.string());
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    const auto it = snapshot->find(name);
    return it == snapshot->end() ? "" : it->second;
  }

  const TempFolder folder_;
  const fs::path directory_ = folder_.path();
};

TEST_F(SnapshotTest, HoldsTheModels) {
  EXPECT_THAT(*TakeSnapshot(directory_.string()), IsEmpty());
  AddFile("a/config.json");
  AddFile("b/config.json");
  AddFile("notes/README.md");
  EXPECT_THAT(*TakeSnapshot(directory_.string()), SizeIs(2));
  EXPECT_TRUE(absl::IsNotFound(
      TakeSnapshot((directory_ / "missing").string()).status()));
}

TEST_F(SnapshotTest, IsAnotherWhereAFileIsAnother) {
  AddFile("a/config.json");
  AddFile("a/1_Pooling/config.json");
  const std::string before = Of("a");
  EXPECT_EQ(Of("a"), before);
  AddFile("a/1_Pooling/config.json", "{  }");
  const std::string resized = Of("a");
  EXPECT_NE(resized, before);
  fs::last_write_time(directory_ / "a/config.json",
                      fs::file_time_type::clock::now() + std::chrono::hours(1));
  const std::string touched = Of("a");
  EXPECT_NE(touched, resized);
  AddFile("a/model.safetensors");
  const std::string grown = Of("a");
  EXPECT_NE(grown, touched);
  // What is hidden is none of the model's.
  AddFile("a/.cache/lock");
  AddFile("a/.lock");
  EXPECT_EQ(Of("a"), grown);
}

TEST_F(SnapshotTest, SeesALinkThatIsTurned) {
  for (const char* data : {"data-1", "data-2"}) {
    AddFile(std::string(data) + "/config.json");
    fs::last_write_time(directory_ / data / "config.json",
                        fs::file_time_type::clock::now());
  }
  fs::last_write_time(directory_ / "data-2/config.json",
                      fs::last_write_time(directory_ / "data-1/config.json"));
  fs::create_directory_symlink("data-1", directory_ / "a");
  const std::string before = Of("a");
  fs::remove(directory_ / "a");
  fs::create_directory_symlink("data-2", directory_ / "a");
  EXPECT_NE(Of("a"), before);
}

TEST_F(SnapshotTest, IsNotLedAroundInCircles) {
  AddFile("a/config.json");
  fs::create_directory_symlink(".", directory_ / "a/again");
  EXPECT_NE(Of("a"), "");
}

class RepositoryChangesTest : public ::testing::Test {
 protected:
  // Kind and name of what is told.
  std::vector<std::pair<FolderChange::Kind, std::string>> Next(
      RepositorySnapshot now) {
    std::vector<std::pair<FolderChange::Kind, std::string>> told;
    for (const FolderChange& change : changes_.Next(std::move(now))) {
      told.emplace_back(change.kind, change.name);
    }
    return told;
  }

  static constexpr auto kChanged = FolderChange::Kind::kChanged;
  static constexpr auto kVanished = FolderChange::Kind::kVanished;
  RepositoryChanges changes_{{{"a", "1"}, {"b", "1"}}};
};

TEST_F(RepositoryChangesTest, TellsNothingWhereNothingChanges) {
  EXPECT_THAT(Next({{"a", "1"}, {"b", "1"}}), IsEmpty());
  EXPECT_THAT(Next({{"a", "1"}, {"b", "1"}}), IsEmpty());
}

TEST_F(RepositoryChangesTest, TellsOnceWhatHasSettled) {
  EXPECT_THAT(Next({{"a", "2"}, {"b", "1"}}), IsEmpty());
  EXPECT_THAT(Next({{"a", "3"}, {"b", "1"}, {"c", "1"}}), IsEmpty());
  EXPECT_THAT(Next({{"a", "3"}, {"b", "1"}, {"c", "2"}}),
              ElementsAre(Pair(kChanged, "a")));
  EXPECT_THAT(Next({{"a", "3"}, {"b", "1"}, {"c", "2"}}),
              ElementsAre(Pair(kChanged, "c")));
  EXPECT_THAT(Next({{"a", "3"}, {"b", "1"}, {"c", "2"}}), IsEmpty());
}

TEST_F(RepositoryChangesTest, AFolderMayBeAwayForAMoment) {
  EXPECT_THAT(Next({{"b", "1"}}), IsEmpty());
  EXPECT_THAT(Next({{"a", "1"}, {"b", "1"}}), IsEmpty());
  EXPECT_THAT(Next({{"b", "1"}}), IsEmpty());
  EXPECT_THAT(Next({{"b", "1"}}), ElementsAre(Pair(kVanished, "a")));
  EXPECT_THAT(Next({{"b", "1"}}), IsEmpty());
  EXPECT_THAT(Next({{"a", "1"}, {"b", "1"}}), IsEmpty());
  EXPECT_THAT(Next({{"a", "1"}, {"b", "1"}}), ElementsAre(Pair(kChanged, "a")));
}

}  // namespace
}  // namespace parley
