#include "server/pipeline/embedding/items.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

TEST(CheckItemsTest, TakesOneKind) {
  EXPECT_TRUE(CheckItems({}, {}).ok());
  EXPECT_TRUE(CheckItems({.texts = {"a", "b"}}, {}).ok());
  EXPECT_TRUE(CheckItems({.pairs = {{}}}, {}).ok());
  EXPECT_TRUE(CheckItems({.inputs = {{}}}, {}).ok());
}

TEST(CheckItemsTest, NamesTheKindsOfAMixture) {
  const absl::Status status = CheckItems({.texts = {"a"}, .inputs = {{}}}, {});
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("texts and inputs"));
}

TEST(CheckItemsTest, BoundsEachKind) {
  const CallLimits limits = {.max_texts_per_request = 2};
  EXPECT_TRUE(CheckItems({.texts = {"a", "b"}}, limits).ok());
  for (const Items& items : {Items{.texts = {"a", "b", "c"}},
                             Items{.pairs = std::vector<TextPair>(3)},
                             Items{.inputs = std::vector<TokenInput>(3)}}) {
    const absl::Status status = CheckItems(items, limits);
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("at most 2"));
  }
}

}  // namespace
}  // namespace parley
