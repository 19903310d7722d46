#include "server/rpc/translate_batch_stream.h"

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tests/server/rpc/translation_service_fixture.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

class TranslateBatchStreamTest : public TranslationServiceTest {
 protected:
  using Stream = grpc::ClientReaderWriter<v1::TranslateBatchStreamRequest,
                                          v1::TranslateBatchStreamResponse>;

  std::unique_ptr<Stream> Open() {
    SetTestDeadline(&context_);
    return stub_->TranslateBatchStream(&context_);
  }

  static v1::TranslateBatchStreamRequest Item(const std::string& text) {
    v1::TranslateBatchStreamRequest item;
    *item.mutable_request() = Request({text});
    item.set_id("id of " + text);
    return item;
  }

  // Writes "text 0" and so on, and no more; the first says the order.
  static void WriteAll(Stream& stream, int num_items, bool in_order) {
    for (int i = 0; i < num_items; ++i) {
      v1::TranslateBatchStreamRequest item = Item(absl::StrCat("text ", i));
      if (i == 0) item.set_in_order(in_order);
      EXPECT_TRUE(stream.Write(item));
    }
    stream.WritesDone();
  }

  // Its text; empty where it has none.
  static std::string TextOf(const v1::TranslateBatchStreamResponse& response) {
    EXPECT_EQ(response.status().code(), 0) << response.status().message();
    if (response.response().results_size() != 1) return "";
    return response.response().results(0).hypotheses(0).text();
  }

  grpc::ClientContext context_;
};

TEST_F(TranslateBatchStreamTest, AnswersInOrder) {
  constexpr int kNumItems = 300;
  const auto stream = Open();
  std::thread writer([&] { WriteAll(*stream, kNumItems, /*in_order=*/true); });
  v1::TranslateBatchStreamResponse response;
  for (int i = 0; i < kNumItems; ++i) {
    ASSERT_TRUE(stream->Read(&response)) << i;
    EXPECT_EQ(response.id(), absl::StrCat("id of text ", i));
    EXPECT_EQ(TextOf(response), absl::StrCat("TEXT ", i));
    EXPECT_EQ(response.response().model(), "fake");
  }
  EXPECT_FALSE(stream->Read(&response));
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(Idle());
}

TEST_F(TranslateBatchStreamTest, OrAsTheyAreDone) {
  constexpr int kNumItems = 300;
  const auto stream = Open();
  std::thread writer([&] { WriteAll(*stream, kNumItems, /*in_order=*/false); });
  std::set<std::string> ids;
  v1::TranslateBatchStreamResponse response;
  while (stream->Read(&response)) {
    EXPECT_TRUE(ids.insert(response.id()).second) << response.id();
    EXPECT_EQ(absl::AsciiStrToUpper(response.id()),
              "ID OF " + TextOf(response));
  }
  EXPECT_EQ(ids.size(), kNumItems);
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(Idle());
}

TEST_F(TranslateBatchStreamTest, WhatNeedsNoEngineMayOvertake) {
  control_->Hold(true);
  const auto stream = Open();
  v1::TranslateBatchStreamRequest held = Item("held");
  held.set_in_order(false);
  ASSERT_TRUE(stream->Write(held));
  ASSERT_TRUE(stream->Write(Item(" ")));
  v1::TranslateBatchStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.id(), "id of  ");
  control_->Hold(false);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.id(), "id of held");
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(TranslateBatchStreamTest, OnlyTheFirstMessageSaysTheOrder) {
  control_->Hold(true);
  const auto stream = Open();
  ASSERT_TRUE(stream->Write(Item("held")));
  v1::TranslateBatchStreamRequest blank = Item(" ");
  blank.set_in_order(false);
  ASSERT_TRUE(stream->Write(blank));
  ASSERT_TRUE(control_->WaitForTasks(1));
  control_->Hold(false);
  v1::TranslateBatchStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.id(), "id of held");
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.id(), "id of  ");
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(TranslateBatchStreamTest, WhatIsWrongWithARequestIsItsOwn) {
  const auto stream = Open();
  v1::TranslateBatchStreamRequest bad = Item("bad");
  bad.mutable_request()->mutable_options()->set_num_beams(0);
  v1::TranslateBatchStreamRequest other = Item("other");
  other.mutable_request()->set_model("other");
  v1::TranslateBatchStreamRequest empty;
  empty.set_id("empty");
  for (const auto& item : {bad, other, empty, Item("good")}) {
    ASSERT_TRUE(stream->Write(item));
  }
  stream->WritesDone();
  v1::TranslateBatchStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.id(), "id of bad");
  EXPECT_EQ(response.status().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(response.status().message(), HasSubstr("num_beams"));
  EXPECT_FALSE(response.has_response());
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.status().code(), grpc::StatusCode::NOT_FOUND);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.id(), "empty");
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(TextOf(response), "GOOD");
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(TranslateBatchStreamTest, ADrainLosesNothingThatWasRead) {
  control_->Hold(true);
  const auto stream = Open();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(stream->Write(Item(absl::StrCat("text ", i))));
  }
  ASSERT_TRUE(control_->WaitForTasks(5));
  gate_.Close();
  service_.StopStreams();
  control_->Hold(false);
  v1::TranslateBatchStreamResponse response;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(TextOf(response), absl::StrCat("TEXT ", i));
  }
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Idle());
}

TEST_F(TranslateBatchStreamTest, ACancelledStreamLeavesTheEngine) {
  control_->Hold(true);
  const auto stream = Open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(stream->Write(Item("text")));
  ASSERT_TRUE(control_->WaitForTasks(5));
  context_.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(control_->WaitForTasks(0));  // While it is still held.
  EXPECT_TRUE(Idle());
}

}  // namespace
}  // namespace parley
