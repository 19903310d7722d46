#include "server/rpc/embedding_service.h"

#include "absl/strings/string_view.h"
#include "server/pipeline/embedding/classify.h"
#include "server/pipeline/embedding/embed_tokens.h"
#include "server/pipeline/embedding/fill_mask.h"
#include "server/pipeline/embedding/next_sentence.h"
#include "server/pipeline/embedding/rerank.h"
#include "server/pipeline/embedding/similarity.h"
#include "server/pipeline/embedding/tokenize.h"
#include "server/rpc/embed_method.h"
#include "server/rpc/embed_stream.h"
#include "server/rpc/head_messages.h"
#include "server/rpc/token_messages.h"

namespace parley {
namespace {

constexpr auto kEmbed = EmbedMethod(Method::kEmbed);
constexpr PipelineMethod<v1::EmbedTokensRequest, v1::EmbedTokensResponse,
                         EmbedTokensCall, EmbedTokensReply>
    kEmbedTokens = {Method::kEmbedTokens, &ToEmbedTokensCall, &EmbedTokens,
                    &ToEmbedTokensResponse};
constexpr PipelineMethod<v1::SimilarityRequest, v1::SimilarityResponse,
                         SimilarityCall, SimilarityReply>
    kSimilarity = {Method::kSimilarity, &ToSimilarityCall, &Similarity,
                   &ToSimilarityResponse};
constexpr PipelineMethod<v1::RerankRequest, v1::RerankResponse, RerankCall,
                         RerankReply>
    kRerank = {Method::kRerank, &ToRerankCall, &Rerank, &ToRerankResponse};
constexpr PipelineMethod<v1::ClassifyRequest, v1::ClassifyResponse,
                         ClassifyCall, ClassifyReply>
    kClassify = {Method::kClassify, &ToClassifyCall, &Classify,
                 &ToClassifyResponse};
constexpr PipelineMethod<v1::FillMaskRequest, v1::FillMaskResponse,
                         FillMaskCall, FillMaskReply>
    kFillMask = {Method::kFillMask, &ToFillMaskCall, &FillMask,
                 &ToFillMaskResponse};
constexpr PipelineMethod<v1::NextSentenceRequest, v1::NextSentenceResponse,
                         NextSentenceCall, NextSentenceReply>
    kNextSentence = {Method::kNextSentence, &ToNextSentenceCall, &NextSentence,
                     &ToNextSentenceResponse};
constexpr PipelineMethod<v1::TokenizeRequest, v1::TokenizeResponse,
                         TokenizeCall, TokenizeReply>
    kTokenize = {Method::kTokenize, &ToTokenizeCall, &Tokenize,
                 &ToTokenizeResponse};
constexpr PipelineMethod<v1::DetokenizeRequest, v1::DetokenizeResponse,
                         DetokenizeCall, DetokenizeReply>
    kDetokenize = {Method::kDetokenize, &ToDetokenizeCall, &Detokenize,
                   &ToDetokenizeResponse};

}  // namespace

void EmbeddingService::AddMethods(CallRouter* router) {
  const absl::string_view service = Base::service_full_name();
  AddUnary(service, kEmbed, environment_, router);
  AddUnary(service, kEmbedTokens, environment_, router);
  AddUnary(service, kSimilarity, environment_, router);
  AddUnary(service, kRerank, environment_, router);
  AddUnary(service, kClassify, environment_, router);
  AddUnary(service, kFillMask, environment_, router);
  AddUnary(service, kNextSentence, environment_, router);
  AddUnary(service, kTokenize, environment_, router);
  AddUnary(service, kDetokenize, environment_, router);
  router->AddStream(
      service, MethodName(Method::kEmbedStream), [this](WireCall* call) {
        StartRequestStream(environment_, call, MakeEmbedStream(environment_),
                           &streams_);
      });
}

}  // namespace parley
