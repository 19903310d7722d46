#include "server/pipeline/embedding/embed.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/pipeline/embedding/encoder_fixture.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr float kA = FakeEncoderTokenizer::kFirst + 'a';
constexpr float kMean = static_cast<float>(Pooling::kMean);

class EmbedTest : public EncoderTest {
 protected:
  EmbedReply Good(EmbedCall call) {
    absl::StatusOr<EmbedReply> reply = Run(&Embed, std::move(call));
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *std::move(reply) : EmbedReply();
  }

  void ExpectRefused(EmbedCall call, absl::StatusCode code,
                     const std::string& part) {
    const absl::Status status = Run(&Embed, std::move(call)).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(part));
  }
};

TEST_F(EmbedTest, GivesAVectorForEachText) {
  const EmbedReply reply = Good({.items = {.texts = {"ab", ""}}});
  ASSERT_EQ(reply.results.size(), 2);
  const EmbedResult& first = reply.results[0];
  EXPECT_TRUE(first.status.ok()) << first.status;
  EXPECT_THAT(Floats(first.vector.bytes), ElementsAre(4, kA, 0, kMean));
  EXPECT_EQ(first.dimensions, 4);
  EXPECT_EQ(first.tokens, 4);
  EXPECT_FALSE(first.truncated);
  // An empty text is its special tokens.
  EXPECT_THAT(Floats(reply.results[1].vector.bytes),
              ElementsAre(2, FakeEncoderTokenizer::kSep, 0, kMean));
}

TEST_F(EmbedTest, NoItemsNoResults) {
  EXPECT_THAT(Good({}).results, IsEmpty());
}

TEST_F(EmbedTest, TakesPairsAndInputs) {
  EXPECT_EQ(Good({.items = {.pairs = {{.first = "a", .second = "b"}}}})
                .results.at(0)
                .tokens,
            5);
  EXPECT_THAT(Floats(Good({.items = {.inputs = {{.token_ids = {7, 8, 9}}}}})
                         .results.at(0)
                         .vector.bytes),
              ElementsAre(3, 8, 0, kMean));
}

TEST_F(EmbedTest, AnItemsFaultIsItsOwn) {
  const EmbedReply pairs =
      Good({.items = {.pairs = {{.first = "a"}, {.first = "", .second = ""}}}});
  EXPECT_TRUE(absl::IsInvalidArgument(pairs.results.at(0).status));
  EXPECT_THAT(pairs.results[0].vector.bytes, IsEmpty());
  EXPECT_TRUE(pairs.results.at(1).status.ok());

  const EmbedReply inputs = Good(
      {.items = {.inputs = {{.token_ids = {1, 99999}}, {.token_ids = {1}}}}});
  EXPECT_THAT(std::string(inputs.results.at(0).status.message()),
              HasSubstr("99999"));
  EXPECT_TRUE(inputs.results.at(1).status.ok());

  const EmbedReply texts = Good({.items = {.texts = {"N", "Z", "F", "a"}}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(absl::IsInternal(texts.results.at(i).status)) << i;
    EXPECT_THAT(texts.results[i].vector.bytes, IsEmpty());
    EXPECT_EQ(texts.results[i].dimensions, 0);
  }
  EXPECT_TRUE(texts.results.at(3).status.ok());
}

TEST_F(EmbedTest, ReportsWhatWasCut) {
  const EmbedReply reply =
      Good({.items = {.texts = {std::string(30, 'a'), "a"}}});
  EXPECT_TRUE(reply.results.at(0).truncated);
  EXPECT_EQ(reply.results[0].tokens, 20);
  EXPECT_FALSE(reply.results.at(1).truncated);
  const EmbedReply refused =
      Good({.items = {.texts = {std::string(30, 'a'), "a"}},
            .options = {.limits = {.truncation = Truncation::kRefuse}}});
  EXPECT_TRUE(absl::IsInvalidArgument(refused.results.at(0).status));
  EXPECT_THAT(std::string(refused.results[0].status.message()),
              HasSubstr("32 tokens"));
  EXPECT_TRUE(refused.results.at(1).status.ok());
}

TEST_F(EmbedTest, WhatIsWrongWithTheRequestIsOfTheWholeCall) {
  const auto invalid = absl::StatusCode::kInvalidArgument;
  const Items text = {.texts = {"a"}};
  ExpectRefused({.items = {.texts = {"a"}, .pairs = {{}}}}, invalid,
                "texts and pairs");
  ExpectRefused({.items = {.texts = std::vector<std::string>(9)}}, invalid,
                "at most 8");
  ExpectRefused({.items = text, .options = {.dimensions = 0}}, invalid,
                "dimensions");
  ExpectRefused({.items = text, .options = {.dimensions = 5}}, invalid,
                "1 to 4");
  ExpectRefused({.items = text, .options = {.prompt_name = "x"}}, invalid,
                "query");
  ExpectRefused({.items = text, .options = {.limits = {.max_tokens = 41}}},
                invalid, "max_tokens");
  ExpectRefused({.items = {.pairs = {{}}}, .options = {.chunking = Chunking()}},
                invalid, "chunking");
}

TEST_F(EmbedTest, PacksAsAsked) {
  const auto bytes = [&](VectorFormat format) {
    return Good({.items = {.texts = {"a"}}, .options = {.format = format}})
        .results.at(0)
        .vector;
  };
  EXPECT_EQ(bytes(VectorFormat::kF16).bytes.size(), 8);
  EXPECT_EQ(bytes(VectorFormat::kInt8).bytes.size(), 4);
  EXPECT_FLOAT_EQ(bytes(VectorFormat::kInt8).scale, kA / 127);
  EXPECT_EQ(bytes(VectorFormat::kBinary).bytes, "\xD0");
}

TEST_F(EmbedTest, ChunksHaveTheirOwnVectors) {
  const EmbedReply reply =
      Good({.items = {.texts = {std::string(20, 'a') + "b"}},
            .options = {.chunking = Chunking{.overlap_tokens = 1}}});
  const EmbedResult& result = reply.results.at(0);
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.vector.bytes, IsEmpty());
  EXPECT_EQ(result.dimensions, 4);
  ASSERT_EQ(result.chunks.size(), 2);
  EXPECT_EQ(result.chunks[0].tokens, 20);
  EXPECT_EQ(result.chunks[0].range.end, 18);
  EXPECT_EQ(result.chunks[1].range.begin, 17);
  EXPECT_EQ(result.chunks[1].range.end, 21);
  EXPECT_THAT(Floats(result.chunks[1].vector.bytes),
              ElementsAre(6, kA, 0, kMean));
  EXPECT_EQ(result.tokens, 26);
  EXPECT_FALSE(result.truncated);
}

TEST_F(EmbedTest, ChunksMayBecomeOneMean) {
  const EmbedReply reply = Good(
      {.items = {.texts = {std::string(18, 'a') + "bb"}},
       .options = {.chunking = Chunking{.output = Chunking::Output::kMean}}});
  const EmbedResult& result = reply.results.at(0);
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.chunks, IsEmpty());
  // (18 * [20, a] + 2 * [4, b]) / 20
  EXPECT_THAT(Floats(result.vector.bytes),
              ElementsAre(18.4f, kA + 0.1f, 0, kMean));
}

TEST_F(EmbedTest, AFaultInAChunkIsTheItems) {
  const EmbedReply reply =
      Good({.items = {.texts = {std::string(20, 'a') + "N", "a"}},
            .options = {.chunking = Chunking()}});
  EXPECT_TRUE(absl::IsInternal(reply.results.at(0).status));
  EXPECT_THAT(reply.results[0].chunks, IsEmpty());
  EXPECT_TRUE(reply.results.at(1).status.ok());
}

TEST_F(EmbedTest, BoundsItsAnswer) {
  limits_.max_response_bytes = 31;
  ExpectRefused({.items = {.texts = {"a", "b"}}},
                absl::StatusCode::kInvalidArgument, "32 bytes");
  EXPECT_EQ(Good({.items = {.texts = {"a", "b"}},
                  .options = {.format = VectorFormat::kF16}})
                .results.size(),
            2);
}

TEST_F(EmbedTest, AsksForItsMemory) {
  int64_t reserved = 0;
  EmbedCall call = {.items = {.texts = {"a", "b"}}};
  call.context.reserve = [&](int64_t bytes) {
    reserved += bytes;
    return absl::OkStatus();
  };
  Good(call);
  EXPECT_EQ(reserved, 32);
  call.context.reserve = [](int64_t) {
    return absl::ResourceExhaustedError("no memory now");
  };
  ExpectRefused(call, absl::StatusCode::kResourceExhausted, "no memory now");
}

TEST_F(EmbedTest, AFullQueueRefusesTheWholeCall) {
  limits_.max_texts_per_request = 100;
  ExpectRefused({.items = {.texts = std::vector<std::string>(51, "a")}},
                absl::StatusCode::kResourceExhausted, "queue");
}

TEST_F(EmbedTest, ALateCallEndsAsAWhole) {
  ExpectRefused({.items = {.texts = {"a"}},
                 .context = {.deadline = absl::Now() - absl::Seconds(1)}},
                absl::StatusCode::kDeadlineExceeded, "deadline");
}

TEST_F(EmbedTest, ACancelledCallLeavesTheEngine) {
  control_->Hold(true);
  auto cancel = std::make_shared<CancelFlag>();
  absl::Notification given;
  absl::Status status;
  Embed(model_, limits_,
        {.items = {.texts = {"a", "b"}}, .context = {.cancel = cancel}},
        [&](absl::StatusOr<EmbedReply> reply) {
          status = reply.status();
          given.Notify();
        });
  ASSERT_TRUE(control_->WaitForTasks(2));
  cancel->Cancel();
  given.WaitForNotification();
  EXPECT_TRUE(absl::IsCancelled(status));
  EXPECT_TRUE(control_->WaitForTasks(0));
}

}  // namespace
}  // namespace parley
