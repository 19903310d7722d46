#include "server/rpc/message_counts.h"

#include "gtest/gtest.h"
#include "parley/v1/embedding.pb.h"
#include "parley/v1/model.pb.h"
#include "parley/v1/translation.pb.h"
#include "server/pipeline/embedding/embed.h"
#include "server/pipeline/embedding/tokenize.h"
#include "server/pipeline/translate.h"

namespace parley {
namespace {

TEST(CountItemsTest, KnowsEveryKind) {
  v1::TranslateRequest translate;
  translate.add_texts("a");
  translate.add_texts("b");
  EXPECT_EQ(CountItems(translate), 2);
  v1::EmbedRequest embed;
  embed.add_pairs();
  EXPECT_EQ(CountItems(embed), 1);
  v1::DetokenizeRequest detokenize;
  detokenize.add_inputs();
  EXPECT_EQ(CountItems(detokenize), 1);
  v1::SimilarityRequest similarity;
  similarity.add_others("a");
  EXPECT_EQ(CountItems(similarity), 1);
  v1::RerankRequest rerank;
  rerank.add_documents("a");
  EXPECT_EQ(CountItems(rerank), 1);
  EXPECT_EQ(CountItems(v1::GetModelRequest()), 0);
}

TEST(WorkOfTest, SumsTokensAndHasTheTiming) {
  TranslateReply translate;
  translate.results.resize(2);
  translate.results[0].source_tokens = 3;
  translate.results[1].source_tokens = 4;
  translate.timing.queue = absl::Seconds(1);
  EXPECT_EQ(WorkOf(translate).source_tokens, 7);
  EXPECT_EQ(WorkOf(translate).timing->queue, absl::Seconds(1));
  EmbedReply embed;
  embed.results.resize(1);
  embed.results[0].tokens = 5;
  EXPECT_EQ(WorkOf(embed).source_tokens, 5);
}

TEST(WorkOfTest, SomeRepliesHaveNoTiming) {
  TokenizeReply tokenize;
  tokenize.results.resize(1);
  tokenize.results[0].tokens.resize(6);
  EXPECT_EQ(WorkOf(tokenize).source_tokens, 6);
  EXPECT_FALSE(WorkOf(tokenize).timing.has_value());
  struct Nothing {};
  EXPECT_EQ(WorkOf(Nothing()).source_tokens, 0);
}

}  // namespace
}  // namespace parley
