#include "server/pipeline/embedding/encode_items.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/pipeline/embedding/encoder_fixture.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

class EncodeItemsTest : public EncoderTest {
 protected:
  std::vector<EncodedItem> Read(std::vector<std::string> texts) {
    const auto reader = ItemReader::Create(model_.get(), {});
    auto items = ReadItems({.texts = std::move(texts)}, *reader,
                           {.pooling = {Pooling::kMean}}, context_);
    EXPECT_TRUE(items.ok()) << items.status();
    return *std::move(items);
  }

  absl::StatusOr<EncodedItems> Encode(std::vector<EncodedItem> items) {
    absl::Notification given;
    std::optional<absl::StatusOr<EncodedItems>> encoded;
    EncodeItems({.model = model_, .context = context_, .begin = absl::Now()},
                std::move(items), [&](absl::StatusOr<EncodedItems> result) {
                  encoded = std::move(result);
                  given.Notify();
                });
    given.WaitForNotification();
    return *std::move(encoded);
  }

  CallContext context_;
};

TEST_F(EncodeItemsTest, EncodesEveryItem) {
  const auto encoded = Encode(Read({"a", "", "bcd"}));
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  ASSERT_EQ(encoded->items.size(), 3);
  for (const EncodedItem& item : encoded->items) {
    EXPECT_TRUE(item.status.ok()) << item.status;
    ASSERT_EQ(item.parts.size(), 1);
    EXPECT_EQ(item.parts[0].result.values.at(0), item.num_tokens());
  }
  EXPECT_EQ(encoded->items[1].num_tokens(), 2);
  EXPECT_GT(encoded->timing.tokenize, absl::ZeroDuration());
}

TEST_F(EncodeItemsTest, AnItemsFaultIsItsOwn) {
  const auto encoded = Encode(Read({"a", "untokenizable", "F", "b"}));
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  EXPECT_TRUE(encoded->items[0].status.ok());
  EXPECT_TRUE(absl::IsInvalidArgument(encoded->items[1].status));
  EXPECT_TRUE(absl::IsInternal(encoded->items[2].status));
  EXPECT_TRUE(encoded->items[3].status.ok());
}

TEST_F(EncodeItemsTest, WhatTheEngineNeverTakesIsTheItemsFault) {
  std::vector<EncodedItem> items = Read({"a", "b"});
  ItemPart bad = items[0].parts[0];
  bad.input.ids[1] = 99999;
  items[0].parts.push_back(bad);
  const auto encoded = Encode(std::move(items));
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  EXPECT_THAT(std::string(encoded->items[0].status.message()),
              HasSubstr("99999"));
  EXPECT_TRUE(encoded->items[1].status.ok());
  EXPECT_FALSE(encoded->items[1].parts[0].result.values.empty());
}

TEST_F(EncodeItemsTest, NothingToEncodeIsAnsweredAtOnce) {
  control_->Hold(true);
  EXPECT_TRUE(Encode({}).ok());
  EXPECT_TRUE(Encode(Read({"untokenizable"})).ok());
}

TEST_F(EncodeItemsTest, MoreThanTheQueueHoldsIsRefused) {
  const auto encoded = Encode(Read(std::vector<std::string>(51, "a")));
  EXPECT_TRUE(absl::IsResourceExhausted(encoded.status()));
  EXPECT_THAT(std::string(encoded.status().message()), HasSubstr("50"));
}

TEST_F(EncodeItemsTest, NobodyWaiting) {
  auto cancel = std::make_shared<CancelFlag>();
  context_.cancel = cancel;
  std::vector<EncodedItem> items = Read({"a"});
  cancel->Cancel();
  EXPECT_TRUE(absl::IsCancelled(Encode(std::move(items)).status()));
  const auto reader = ItemReader::Create(model_.get(), {});
  EXPECT_TRUE(absl::IsCancelled(
      ReadItems({.texts = {"a"}}, *reader, {}, context_).status()));
}

TEST_F(EncodeItemsTest, CollectsResultsWithTheirCounts) {
  struct Result {
    absl::Status status;
    int tokens = 0;
    bool truncated = false;
    bool filled = false;
  };
  std::vector<EncodedItem> items =
      Read({"a", std::string(30, 'b'), "untokenizable", "c"});
  const auto results = CollectResults<Result>(
      &items, [](EncodedItem* item, Result* result) -> absl::Status {
        if (item->num_tokens() == 20) return absl::InternalError("unfit");
        result->filled = true;
        return absl::OkStatus();
      });
  ASSERT_EQ(results.size(), 4);
  EXPECT_TRUE(results[0].filled && results[0].status.ok());
  EXPECT_EQ(results[0].tokens, 3);
  EXPECT_TRUE(results[1].truncated);
  EXPECT_TRUE(absl::IsInternal(results[1].status));
  EXPECT_TRUE(absl::IsInvalidArgument(results[2].status));
  EXPECT_EQ(results[2].tokens, 0);
  EXPECT_TRUE(results[3].filled);
}

}  // namespace
}  // namespace parley
