#include "server/registry_directory.h"

#include "gtest/gtest.h"
#include "tests/server/fake_model.h"

namespace parley {
namespace {

TEST(RegistryDirectoryTest, ShowsTheRegistry) {
  const auto control = std::make_shared<FakeEngineControl>();
  const auto runner = Runner::Create({});
  Registry registry(
      [&](const std::string& directory, const LoadOptions&,
          const LoadProgress&) -> absl::StatusOr<LoadedModel> {
        if (directory == "broken") return absl::DataLossError("cut short");
        return MakeFakeModel(control);
      },
      {}, {}, runner.get());
  const RegistryDirectory directory(&registry);
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(registry.Declare(name).ok());
  }
  const auto ignore = [](absl::string_view, double) {};
  ASSERT_TRUE(registry.Load({"a", "good"}, ignore).ok());
  ASSERT_FALSE(registry.Load({"b", "broken"}, ignore).ok());
  const std::vector<ModelListing> listings = directory.List();
  ASSERT_EQ(listings.size(), 3);
  EXPECT_EQ(listings[0].name, "a");
  EXPECT_EQ(listings[0].state, ModelListing::State::kReady);
  EXPECT_TRUE(listings[0].last_error.ok());
  EXPECT_EQ(listings[1].state, ModelListing::State::kFailed);
  EXPECT_EQ(listings[1].last_error, absl::DataLossError("cut short"));
  EXPECT_EQ(listings[2].state, ModelListing::State::kLoading);
  EXPECT_EQ(*directory.Find("a", ModelKind::kTranslation), listings[0].model);
  EXPECT_TRUE(
      absl::IsNotFound(directory.Find("d", ModelKind::kEncoder).status()));
}

}  // namespace
}  // namespace parley
