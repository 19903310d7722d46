#include "server/rpc/embedding_service.h"

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/message_parsing.h"
#include "tests/server/rpc/encoder_service_fixture.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;

class EmbeddingServiceTest : public EncoderServiceTest {
 protected:
  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (v1::EmbeddingService::Stub::*method)(
                        grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    SetTestDeadline(&context);
    return (stub_.get()->*method)(&context, request, response);
  }

  void ExpectRefused(const v1::EmbedRequest& request, grpc::StatusCode code,
                     const std::string& part) {
    v1::EmbedResponse response;
    const grpc::Status status =
        Call(&v1::EmbeddingService::Stub::Embed, request, &response);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(part));
  }
};

using Stub = v1::EmbeddingService::Stub;

TEST_F(EmbeddingServiceTest, Embeds) {
  v1::EmbedResponse response;
  ASSERT_TRUE(Call(&Stub::Embed, Request({"a", "bc"}), &response).ok());
  EXPECT_EQ(response.model(), "encoder");
  ASSERT_EQ(response.results_size(), 2);
  EXPECT_EQ(response.results(1).vector().size(), 16);
  EXPECT_TRUE(response.has_timing());
}

TEST_F(EmbeddingServiceTest, PartOfTheAnswerComesInTime) {
  control_->Hold(true);
  v1::EmbedRequest request = Request({"a", "bc"});
  request.mutable_call()->set_allow_partial(true);
  request.mutable_options()->mutable_limits()->set_truncation(
      v1::TRUNCATION_REFUSE);
  request.add_texts(std::string(1000, 'a'));
  // A machine that is busy with other things may lose the race at times.
  grpc::Status status;
  v1::EmbedResponse response;
  for (int attempt = 0; attempt < 5; ++attempt) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(2));
    status = stub_->Embed(&context, request, &response);
    if (status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) break;
  }
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.results_size(), 3);
  for (const int late : {0, 1}) {
    EXPECT_EQ(response.results(late).status().code(),
              grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  EXPECT_EQ(response.results(2).status().code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(control_->WaitForTasks(0));  // While it is still held.
}

TEST_F(EmbeddingServiceTest, AnEmptyNameMeansAnEncoder) {
  v1::EmbedRequest request = Request({"a"});
  request.clear_model();
  v1::EmbedResponse response;
  ASSERT_TRUE(Call(&Stub::Embed, request, &response).ok());
  EXPECT_EQ(response.model(), "encoder");
}

TEST_F(EmbeddingServiceTest, EveryMethodAnswers) {
  v1::EmbedTokensRequest tokens;
  tokens.set_model("encoder");
  tokens.add_texts("ab");
  v1::EmbedTokensResponse tokens_response;
  ASSERT_TRUE(Call(&Stub::EmbedTokens, tokens, &tokens_response).ok());
  EXPECT_EQ(tokens_response.results(0).vectors().size(), 4 * 16);

  v1::SimilarityRequest similarity;
  similarity.set_model("encoder");
  similarity.set_text("a");
  similarity.add_others("a");
  v1::SimilarityResponse similarity_response;
  ASSERT_TRUE(Call(&Stub::Similarity, similarity, &similarity_response).ok());
  EXPECT_FLOAT_EQ(similarity_response.results(0).score(), 1);

  v1::RerankRequest rerank;
  rerank.set_model("ranker");
  rerank.add_documents("d");
  v1::RerankResponse rerank_response;
  ASSERT_TRUE(Call(&Stub::Rerank, rerank, &rerank_response).ok());
  EXPECT_EQ(rerank_response.results_size(), 1);

  v1::ClassifyRequest classify;
  classify.set_model("encoder");
  classify.add_texts("a");
  v1::ClassifyResponse classify_response;
  ASSERT_TRUE(Call(&Stub::Classify, classify, &classify_response).ok());
  EXPECT_EQ(classify_response.results(0).labels(0).label(), "no");

  v1::FillMaskRequest fill;
  fill.set_model("encoder");
  fill.add_texts("[MASK]");
  v1::FillMaskResponse fill_response;
  ASSERT_TRUE(Call(&Stub::FillMask, fill, &fill_response).ok());
  EXPECT_EQ(fill_response.results(0).masks(0).tokens_size(), 5);

  v1::NextSentenceRequest next;
  next.set_model("encoder");
  next.add_pairs()->set_first("a");
  next.mutable_pairs(0)->set_second("b");
  v1::NextSentenceResponse next_response;
  ASSERT_TRUE(Call(&Stub::NextSentence, next, &next_response).ok());
  EXPECT_EQ(next_response.results(0).logits_size(), 2);

  v1::TokenizeRequest tokenize;
  tokenize.set_model("encoder");
  tokenize.add_texts("a");
  v1::TokenizeResponse tokenize_response;
  ASSERT_TRUE(Call(&Stub::Tokenize, tokenize, &tokenize_response).ok());
  EXPECT_EQ(tokenize_response.results(0).tokens_size(), 3);

  v1::DetokenizeRequest detokenize;
  detokenize.set_model("encoder");
  detokenize.add_inputs()->add_token_ids(FakeEncoderTokenizer::kFirst + 'a');
  v1::DetokenizeResponse detokenize_response;
  ASSERT_TRUE(Call(&Stub::Detokenize, detokenize, &detokenize_response).ok());
  EXPECT_EQ(detokenize_response.results(0).text(), "a");
}

TEST_F(EmbeddingServiceTest, AMethodWithoutItsHeadListsWhatThereIs) {
  v1::RerankRequest rerank;
  rerank.set_model("encoder");  // Of three labels.
  v1::RerankResponse response;
  const grpc::Status status = Call(&Stub::Rerank, rerank, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("cannot Rerank"));
  EXPECT_THAT(status.error_message(), HasSubstr("Embed, EmbedTokens"));
  v1::EmbedRequest embed = Request({"a"});
  embed.set_model("fake");
  ExpectRefused(embed, grpc::StatusCode::FAILED_PRECONDITION,
                "what it can do: Translate");
}

TEST_F(EmbeddingServiceTest, RefusesByNameWhatIsWrong) {
  v1::EmbedRequest request = Request({"a"});
  request.set_model("other");
  ExpectRefused(request, grpc::StatusCode::NOT_FOUND, "\"other\"");
  request = Request({"a"});
  request.mutable_options()->set_pooling(static_cast<v1::Pooling>(77));
  ExpectRefused(request, kInvalid, "options.pooling: 77");
  request = Request({"a"});
  request.mutable_options()->set_dimensions(0);
  ExpectRefused(request, kInvalid, "options.dimensions");
  request = Request({"a"});
  request.add_inputs();
  ExpectRefused(request, kInvalid, "texts and inputs");
  ExpectRefused(Request(std::vector<std::string>(1025, "a")), kInvalid, "1024");
}

TEST_F(EmbeddingServiceTest, RefusesBytesThatAreNoRequest) {
  RouteProtobufLog();
  const grpc::Status status =
      CallWithBytes(server_.channel(), "/parley.v1.EmbeddingService/Embed",
                    "\x12\x02\xc3\x28");
  EXPECT_EQ(status.error_code(), kInvalid);
  EXPECT_THAT(status.error_message(), HasSubstr("EmbedRequest.texts"));
}

TEST_F(EmbeddingServiceTest, AnAnswerThatIsTooLargeIsRefusedBeforeItIsMade) {
  v1::EmbedTokensRequest request;
  request.set_model("encoder");
  for (int i = 0; i < 500; ++i) request.add_texts("some text");
  v1::EmbedTokensResponse response;
  control_->Hold(true);
  const grpc::Status status = Call(&Stub::EmbedTokens, request, &response);
  EXPECT_EQ(status.error_code(), kInvalid);
  EXPECT_THAT(status.error_message(), HasSubstr("100000"));
}

TEST_F(EmbeddingServiceTest, BoundsWhatIsToldOnlyWhenItIsMade) {
  v1::RerankRequest rerank;
  rerank.set_model("ranker");
  rerank.set_return_documents(true);
  for (int i = 0; i < 20; ++i) rerank.add_documents(std::string(5100, 'a'));
  v1::RerankResponse response;
  const grpc::Status status = Call(&Stub::Rerank, rerank, &response);
  EXPECT_EQ(status.error_code(), kInvalid);
  EXPECT_THAT(status.error_message(), HasSubstr("100000"));
}

TEST_F(EmbeddingServiceTest, MemoryOfAnswersIsCounted) {
  control_->Hold(true);
  grpc::ClientContext context;
  SetTestDeadline(&context);
  grpc::CompletionQueue queue;
  const auto call = stub_->AsyncEmbed(
      &context, Request(std::vector<std::string>(1000, "")), &queue);
  v1::EmbedResponse response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  ASSERT_TRUE(control_->WaitForTasks(1000));
  // 16 bytes for each of the answer's vectors, and two for each text.
  EXPECT_FALSE(gate_.Enter((1 << 20) - 16'000).ok());
  ASSERT_TRUE(gate_.Enter((1 << 20) - 18'100).ok());
  gate_.Leave((1 << 20) - 18'100);
  context.TryCancel();
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  queue.Shutdown();
  EXPECT_FALSE(queue.Next(&tag, &ok));
  ASSERT_TRUE(gate_.WaitUntilEmpty(absl::Now() + absl::Seconds(30)));
  EXPECT_TRUE(control_->WaitForTasks(0));
  EXPECT_TRUE(gate_.Enter(1 << 20).ok());
  gate_.Leave(1 << 20);
}

}  // namespace
}  // namespace parley
