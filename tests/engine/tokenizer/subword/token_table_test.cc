#include "engine/tokenizer/subword/token_table.h"

#include <optional>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

TEST(TokenTableTest, FindsTokensAndTexts) {
  auto table = TokenTable::Create({{"a", 2}, {"", 0}, {"long token", 5}});
  ASSERT_TRUE(table.ok());
  // Keys stay valid when it is moved.
  const TokenTable moved = *std::move(table);
  EXPECT_EQ(moved.Find("a"), 2);
  EXPECT_EQ(moved.Find(""), 0);
  EXPECT_EQ(moved.Find("long token"), 5);
  EXPECT_EQ(moved.Find("b"), std::nullopt);
  EXPECT_EQ(*moved.Text(5), "long token");
  EXPECT_EQ(moved.size(), 6);
  for (TokenId id : {-1, 1, 3, 4, 6, TokenTable::kMaxId}) {
    EXPECT_EQ(moved.Text(id), nullptr) << id;
  }
}

TEST(TokenTableTest, TakesTheLaterOfTwo) {
  const auto table = TokenTable::Create({{"a", 0}, {"a", 1}, {"b", 0}});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->Find("a"), 1);
  EXPECT_EQ(*table->Text(0), "b");
  EXPECT_EQ(*table->Text(1), "a");
}

TEST(TokenTableTest, RefusesIdsOutOfRange) {
  for (TokenId id : {-1, TokenTable::kMaxId + 1}) {
    const auto table = TokenTable::Create({{"a\x01", id}});
    EXPECT_EQ(table.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(table.status().message(), HasSubstr("the id of \"a\\001\" is"));
  }
  EXPECT_TRUE(TokenTable::Create({}).ok());
}

}  // namespace
}  // namespace parley
