#include "server/rpc/token_messages.h"

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/rpc/call_messages.h"
#include "server/rpc/item_messages.h"
#include "server/rpc/status_conversion.h"

namespace parley {
namespace {

absl::StatusOr<LayerJoin> ToLayerJoin(v1::EmbedTokensOptions::Join join) {
  switch (join) {
    case v1::EmbedTokensOptions::JOIN_UNSPECIFIED:
    case v1::EmbedTokensOptions::JOIN_CONCATENATE:
      return LayerJoin::kConcatenate;
    case v1::EmbedTokensOptions::JOIN_SUM:
      return LayerJoin::kSum;
    default:
      return UnknownValue("options.join", join,
                          "parley.v1.EmbedTokensOptions.Join");
  }
}

void FillTokens(std::vector<TextToken> tokens,
                google::protobuf::RepeatedPtrField<v1::Token>* protos) {
  protos->Reserve(static_cast<int>(tokens.size()));
  for (TextToken& token : tokens) {
    v1::Token& proto = *protos->Add();
    proto.set_id(token.id);
    proto.set_text(std::move(token.text));
    proto.set_begin(static_cast<int64_t>(token.range.begin));
    proto.set_end(static_cast<int64_t>(token.range.end));
    proto.set_special(token.special);
    proto.set_segment(token.segment);
  }
}

}  // namespace

absl::StatusOr<EmbedTokensCall> ToEmbedTokensCall(
    v1::EmbedTokensRequest* request) {
  const v1::EmbedTokensOptions& options = request->options();
  EmbedTokensCall call;
  call.layers = {options.layers().begin(), options.layers().end()};
  PARLEY_ASSIGN_OR_RETURN(call.join, ToLayerJoin(options.join()));
  PARLEY_ASSIGN_OR_RETURN(call.limits,
                          ToTokenLimits(options.limits(), "options.limits"));
  PARLEY_ASSIGN_OR_RETURN(call.format, ToVectorFormat(options.format()));
  if (call.format != VectorFormat::kF32 && call.format != VectorFormat::kF16) {
    return absl::InvalidArgumentError(
        "options.format of EmbedTokens must be VECTOR_FORMAT_F32 or "
        "VECTOR_FORMAT_F16");
  }
  call.texts = ToTexts(request->mutable_texts());
  return call;
}

absl::StatusOr<TokenizeCall> ToTokenizeCall(v1::TokenizeRequest* request) {
  TokenizeCall call;
  call.items = {.texts = ToTexts(request->mutable_texts()),
                .pairs = ToPairs(request->mutable_pairs())};
  if (request->has_add_special_tokens()) {
    call.add_special_tokens = request->add_special_tokens();
  }
  if (request->has_limits()) {
    PARLEY_ASSIGN_OR_RETURN(call.limits,
                            ToTokenLimits(request->limits(), "limits"));
  }
  return call;
}

absl::StatusOr<DetokenizeCall> ToDetokenizeCall(
    v1::DetokenizeRequest* request) {
  return DetokenizeCall{.inputs = ToInputs(request->mutable_inputs()),
                        .keep_special_tokens = request->keep_special_tokens()};
}

v1::EmbedTokensResponse ToEmbedTokensResponse(EmbedTokensReply reply,
                                              const std::string& model_name) {
  v1::EmbedTokensResponse response;
  response.set_model(model_name);
  response.mutable_results()->Reserve(static_cast<int>(reply.results.size()));
  for (EmbedTokensResult& result : reply.results) {
    v1::EmbedTokensResult& proto = *response.add_results();
    *proto.mutable_status() = ToRpcStatus(result.status);
    FillTokens(std::move(result.token_list), proto.mutable_tokens());
    proto.set_vectors(std::move(result.vectors));
    proto.set_dimensions(result.dimensions);
    proto.set_truncated(result.truncated);
  }
  *response.mutable_timing() = ToProto(reply.timing);
  return response;
}

v1::TokenizeResponse ToTokenizeResponse(TokenizeReply reply,
                                        const std::string& model_name) {
  v1::TokenizeResponse response;
  response.set_model(model_name);
  response.mutable_results()->Reserve(static_cast<int>(reply.results.size()));
  for (TokenizeResult& result : reply.results) {
    v1::TokenizeResult& proto = *response.add_results();
    *proto.mutable_status() = ToRpcStatus(result.status);
    FillTokens(std::move(result.tokens), proto.mutable_tokens());
    proto.set_truncated(result.truncated);
  }
  return response;
}

v1::DetokenizeResponse ToDetokenizeResponse(DetokenizeReply reply,
                                            const std::string& model_name) {
  v1::DetokenizeResponse response;
  response.set_model(model_name);
  response.mutable_results()->Reserve(static_cast<int>(reply.results.size()));
  for (DetokenizeResult& result : reply.results) {
    v1::DetokenizeResult& proto = *response.add_results();
    *proto.mutable_status() = ToRpcStatus(result.status);
    proto.set_text(std::move(result.text));
  }
  return response;
}

}  // namespace parley
