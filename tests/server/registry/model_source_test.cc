#include "server/registry/model_source.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(CheckModelNameTest, RefusesWhatTheWireCannotCarry) {
  EXPECT_TRUE(CheckModelName("opus-mt-en-de").ok());
  EXPECT_TRUE(CheckModelName("mod\u00e8le/2").ok());
  for (const std::string& name : {std::string(), std::string("a\nb"),
                                  std::string("\xff"), std::string(201, 'a')}) {
    EXPECT_EQ(CheckModelName(name).code(), absl::StatusCode::kInvalidArgument);
  }
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

TEST_F(FindModelsTest, AListMayBeEmpty) {
  const auto models = ListModels(directory_.string());
  ASSERT_TRUE(models.ok()) << models.status();
  EXPECT_THAT(*models, IsEmpty());
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
