#include "server/rpc/token_messages.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ToEmbedTokensCallTest, TakesEveryField) {
  v1::EmbedTokensRequest request;
  EXPECT_EQ(ToEmbedTokensCall(&request)->join, LayerJoin::kConcatenate);
  request.add_texts("a");
  v1::EmbedTokensOptions& options = *request.mutable_options();
  options.add_layers(-1);
  options.add_layers(0);
  options.set_join(v1::EmbedTokensOptions::JOIN_SUM);
  options.mutable_limits()->set_max_tokens(5);
  options.set_format(v1::VECTOR_FORMAT_F16);
  const auto call = ToEmbedTokensCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_THAT(call->texts, ElementsAre("a"));
  EXPECT_THAT(call->layers, ElementsAre(-1, 0));
  EXPECT_EQ(call->join, LayerJoin::kSum);
  EXPECT_EQ(call->limits.max_tokens, 5);
  EXPECT_EQ(call->format, VectorFormat::kF16);
}

TEST(ToEmbedTokensCallTest, RefusesOtherFormatsAndValues) {
  v1::EmbedTokensRequest request;
  for (const v1::VectorFormat format :
       {v1::VECTOR_FORMAT_INT8, v1::VECTOR_FORMAT_BINARY,
        static_cast<v1::VectorFormat>(9)}) {
    request.mutable_options()->set_format(format);
    const absl::Status status = ToEmbedTokensCall(&request).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("options.format"));
  }
  request.Clear();
  request.mutable_options()->set_join(
      static_cast<v1::EmbedTokensOptions::Join>(3));
  EXPECT_THAT(std::string(ToEmbedTokensCall(&request).status().message()),
              HasSubstr("options.join: 3"));
}

TEST(ToTokenizeCallTest, TakesEveryField) {
  v1::TokenizeRequest request;
  EXPECT_TRUE(ToTokenizeCall(&request)->add_special_tokens);
  EXPECT_FALSE(ToTokenizeCall(&request)->limits.has_value());
  request.add_texts("a");
  request.add_pairs()->set_first("b");
  request.set_add_special_tokens(false);
  request.mutable_limits();
  const auto call = ToTokenizeCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_THAT(call->items.texts, ElementsAre("a"));
  EXPECT_EQ(call->items.pairs.size(), 1);
  EXPECT_FALSE(call->add_special_tokens);
  EXPECT_TRUE(call->limits.has_value());
  request.mutable_limits()->set_truncation(static_cast<v1::Truncation>(7));
  EXPECT_THAT(std::string(ToTokenizeCall(&request).status().message()),
              HasSubstr("limits.truncation: 7"));
}

TEST(ToDetokenizeCallTest, TakesEveryField) {
  v1::DetokenizeRequest request;
  request.add_inputs()->add_token_ids(3);
  request.set_keep_special_tokens(true);
  const auto call = ToDetokenizeCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_THAT(call->inputs.at(0).token_ids, ElementsAre(3));
  EXPECT_TRUE(call->keep_special_tokens);
}

void ExpectToken(const v1::Token& token) {
  EXPECT_EQ(token.id(), 7);
  EXPECT_EQ(token.text(), "x");
  EXPECT_EQ(token.begin(), 2);
  EXPECT_EQ(token.end(), 5);
  EXPECT_TRUE(token.special());
  EXPECT_EQ(token.segment(), 1);
}

TEST(TokenResponsesTest, FillEveryField) {
  const TextToken token = {
      .id = 7, .text = "x", .range = {2, 5}, .special = true, .segment = 1};
  const v1::EmbedTokensResponse vectors =
      ToEmbedTokensResponse({.results = {{.token_list = {token},
                                          .vectors = "1234",
                                          .dimensions = 1,
                                          .truncated = true}},
                             .timing = {.queue = absl::Seconds(1)}},
                            "m");
  EXPECT_EQ(vectors.model(), "m");
  EXPECT_EQ(vectors.timing().queue().seconds(), 1);
  ExpectToken(vectors.results(0).tokens(0));
  EXPECT_EQ(vectors.results(0).vectors(), "1234");
  EXPECT_EQ(vectors.results(0).dimensions(), 1);
  EXPECT_TRUE(vectors.results(0).truncated());

  const v1::TokenizeResponse tokens = ToTokenizeResponse(
      {.results = {{.tokens = {token}, .truncated = true},
                   {.status = absl::InvalidArgumentError("bad")}}},
      "m");
  EXPECT_EQ(tokens.model(), "m");
  ExpectToken(tokens.results(0).tokens(0));
  EXPECT_TRUE(tokens.results(0).truncated());
  EXPECT_EQ(tokens.results(1).status().message(), "bad");

  const v1::DetokenizeResponse texts = ToDetokenizeResponse(
      {.results = {{.text = "one"},
                   {.status = absl::InvalidArgumentError("bad")}}},
      "m");
  EXPECT_EQ(texts.model(), "m");
  EXPECT_EQ(texts.results(0).text(), "one");
  EXPECT_EQ(texts.results(1).status().code(), 3);
}

}  // namespace
}  // namespace parley
