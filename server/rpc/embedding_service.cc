#include "server/rpc/embedding_service.h"

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

grpc::ServerUnaryReactor* EmbeddingService::Embed(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartUnaryCall(kEmbed, environment_, {context, request, response});
}

grpc::ServerUnaryReactor* EmbeddingService::EmbedTokens(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartUnaryCall(kEmbedTokens, environment_,
                        {context, request, response});
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
EmbeddingService::EmbedStream(grpc::CallbackServerContext* context) {
  return StartRequestStream(environment_, context,
                            MakeEmbedStream(environment_), &streams_);
}

grpc::ServerUnaryReactor* EmbeddingService::Similarity(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartUnaryCall(kSimilarity, environment_,
                        {context, request, response});
}

grpc::ServerUnaryReactor* EmbeddingService::Rerank(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartUnaryCall(kRerank, environment_, {context, request, response});
}

grpc::ServerUnaryReactor* EmbeddingService::Classify(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartUnaryCall(kClassify, environment_, {context, request, response});
}

grpc::ServerUnaryReactor* EmbeddingService::FillMask(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartUnaryCall(kFillMask, environment_, {context, request, response});
}

grpc::ServerUnaryReactor* EmbeddingService::NextSentence(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartUnaryCall(kNextSentence, environment_,
                        {context, request, response});
}

grpc::ServerUnaryReactor* EmbeddingService::Tokenize(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartUnaryCall(kTokenize, environment_, {context, request, response});
}

grpc::ServerUnaryReactor* EmbeddingService::Detokenize(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartUnaryCall(kDetokenize, environment_,
                        {context, request, response});
}

}  // namespace parley
