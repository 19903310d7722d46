#include "server/rpc/embed_messages.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ToEmbedCallTest, UnsetFieldsStayUnset) {
  v1::EmbedRequest request;
  const auto call = ToEmbedCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->items.size(), 0);
  const EmbedOptions& options = call->options;
  EXPECT_EQ(options.pooling, std::nullopt);
  EXPECT_EQ(options.normalize, std::nullopt);
  EXPECT_EQ(options.dimensions, std::nullopt);
  EXPECT_EQ(options.prompt_name, std::nullopt);
  EXPECT_EQ(options.prompt, std::nullopt);
  EXPECT_EQ(options.limits.max_tokens, std::nullopt);
  EXPECT_EQ(options.format, VectorFormat::kF32);
  EXPECT_FALSE(options.chunking.has_value());
}

TEST(ToEmbedCallTest, TakesEveryField) {
  v1::EmbedRequest request;
  request.add_texts("one");
  request.add_pairs()->set_first("a");
  request.add_inputs()->add_token_ids(7);
  v1::EmbedOptions& proto = *request.mutable_options();
  proto.set_pooling(v1::POOLING_WEIGHTED_MEAN);
  proto.set_normalize(false);
  proto.set_dimensions(0);
  proto.set_prompt_name("query");
  proto.mutable_limits()->set_max_tokens(9);
  proto.set_format(v1::VECTOR_FORMAT_INT8);
  proto.mutable_chunking()->set_output(v1::Chunking::OUTPUT_MEAN);
  proto.mutable_chunking()->set_overlap_tokens(3);
  const auto call = ToEmbedCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_THAT(call->items.texts, ElementsAre("one"));
  EXPECT_EQ(call->items.pairs.size(), 1);
  EXPECT_EQ(call->items.inputs.size(), 1);
  const EmbedOptions& options = call->options;
  EXPECT_EQ(options.pooling, Pooling::kWeightedMean);
  EXPECT_EQ(options.normalize, false);
  EXPECT_EQ(options.dimensions, 0);
  EXPECT_EQ(options.prompt_name, "query");
  EXPECT_EQ(options.limits.max_tokens, 9);
  EXPECT_EQ(options.format, VectorFormat::kInt8);
  EXPECT_EQ(options.chunking->output, Chunking::Output::kMean);
  EXPECT_EQ(options.chunking->overlap_tokens, 3);

  request.mutable_options()->set_prompt("");
  EXPECT_EQ(ToEmbedCall(&request)->options.prompt, "");
}

TEST(ToEmbedCallTest, TakesEveryPooling) {
  const auto pooling = [](v1::Pooling proto) {
    v1::EmbedRequest request;
    request.mutable_options()->set_pooling(proto);
    return ToEmbedCall(&request)->options.pooling;
  };
  EXPECT_EQ(pooling(v1::POOLING_MEAN), Pooling::kMean);
  EXPECT_EQ(pooling(v1::POOLING_CLS), Pooling::kCls);
  EXPECT_EQ(pooling(v1::POOLING_MAX), Pooling::kMax);
  EXPECT_EQ(pooling(v1::POOLING_LAST_TOKEN), Pooling::kLastToken);
}

TEST(ToEmbedCallTest, NamesValuesThatAreNone) {
  const auto refusal = [](const v1::EmbedOptions& options) {
    v1::EmbedRequest request;
    *request.mutable_options() = options;
    const absl::Status status = ToEmbedCall(&request).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  v1::EmbedOptions options;
  options.set_pooling(static_cast<v1::Pooling>(6));
  EXPECT_THAT(refusal(options), HasSubstr("options.pooling: 6"));
  options.Clear();
  options.set_format(static_cast<v1::VectorFormat>(5));
  EXPECT_THAT(refusal(options), HasSubstr("options.format: 5"));
  options.Clear();
  options.mutable_limits()->set_truncation(static_cast<v1::Truncation>(4));
  EXPECT_THAT(refusal(options), HasSubstr("options.limits.truncation: 4"));
  options.Clear();
  options.mutable_chunking()->set_output(static_cast<v1::Chunking::Output>(3));
  EXPECT_THAT(refusal(options), HasSubstr("options.chunking.output: 3"));
}

TEST(ToSimilarityCallTest, TakesTextsAndOptions) {
  v1::SimilarityRequest request;
  request.set_text("a");
  request.add_others("b");
  request.mutable_options()->set_dimensions(2);
  const auto call = ToSimilarityCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->text, "a");
  EXPECT_THAT(call->others, ElementsAre("b"));
  EXPECT_EQ(call->options.dimensions, 2);
}

TEST(ToSimilarityCallTest, RefusesWhatDoesNotApply) {
  v1::SimilarityRequest request;
  request.mutable_options()->mutable_chunking();
  EXPECT_THAT(std::string(ToSimilarityCall(&request).status().message()),
              HasSubstr("options.chunking"));
  request.Clear();
  request.mutable_options()->set_format(v1::VECTOR_FORMAT_F32);
  EXPECT_THAT(std::string(ToSimilarityCall(&request).status().message()),
              HasSubstr("options.format"));
}

TEST(ToEmbedResponseTest, FillsEveryField) {
  EmbedReply reply;
  reply.timing.queue = absl::Seconds(1);
  reply.results.push_back({.status = absl::InvalidArgumentError("bad")});
  reply.results.push_back({.vector = {.bytes = "1234", .scale = 0.5f},
                           .dimensions = 4,
                           .tokens = 7,
                           .truncated = true,
                           .chunks = {{.vector = {.bytes = "ab", .scale = 2},
                                       .tokens = 3,
                                       .range = {4, 9}}}});
  const v1::EmbedResponse response = ToEmbedResponse(std::move(reply), "m");
  EXPECT_EQ(response.model(), "m");
  EXPECT_EQ(response.timing().queue().seconds(), 1);
  ASSERT_EQ(response.results_size(), 2);
  EXPECT_EQ(response.results(0).status().code(), 3);
  EXPECT_EQ(response.results(0).status().message(), "bad");
  const v1::EmbedResult& result = response.results(1);
  EXPECT_EQ(result.status().code(), 0);
  EXPECT_EQ(result.vector(), "1234");
  EXPECT_EQ(result.scale(), 0.5f);
  EXPECT_EQ(result.dimensions(), 4);
  EXPECT_EQ(result.tokens(), 7);
  EXPECT_TRUE(result.truncated());
  ASSERT_EQ(result.chunks_size(), 1);
  EXPECT_EQ(result.chunks(0).vector(), "ab");
  EXPECT_EQ(result.chunks(0).scale(), 2);
  EXPECT_EQ(result.chunks(0).tokens(), 3);
  EXPECT_EQ(result.chunks(0).begin(), 4);
  EXPECT_EQ(result.chunks(0).end(), 9);
}

TEST(ToSimilarityResponseTest, FillsEveryField) {
  SimilarityReply reply;
  reply.results.push_back({.score = -0.5f, .tokens = 3, .truncated = true});
  const v1::SimilarityResponse response =
      ToSimilarityResponse(std::move(reply), "m");
  EXPECT_EQ(response.model(), "m");
  ASSERT_EQ(response.results_size(), 1);
  EXPECT_EQ(response.results(0).score(), -0.5f);
  EXPECT_EQ(response.results(0).tokens(), 3);
  EXPECT_TRUE(response.results(0).truncated());
}

}  // namespace
}  // namespace parley
