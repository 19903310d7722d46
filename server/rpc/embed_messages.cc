#include "server/rpc/embed_messages.h"

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "server/rpc/call_messages.h"
#include "server/rpc/item_messages.h"
#include "server/rpc/status_conversion.h"

namespace parley {
namespace {

absl::StatusOr<std::optional<Pooling>> ToPooling(v1::Pooling pooling) {
  switch (pooling) {
    case v1::POOLING_UNSPECIFIED:
      return std::nullopt;
    case v1::POOLING_MEAN:
      return Pooling::kMean;
    case v1::POOLING_CLS:
      return Pooling::kCls;
    case v1::POOLING_MAX:
      return Pooling::kMax;
    case v1::POOLING_LAST_TOKEN:
      return Pooling::kLastToken;
    case v1::POOLING_WEIGHTED_MEAN:
      return Pooling::kWeightedMean;
    default:
      return UnknownValue("options.pooling", pooling, "parley.v1.Pooling");
  }
}

absl::StatusOr<Chunking> ToChunking(const v1::Chunking& proto) {
  Chunking chunking = {.overlap_tokens = proto.overlap_tokens()};
  switch (proto.output()) {
    case v1::Chunking::OUTPUT_UNSPECIFIED:
    case v1::Chunking::OUTPUT_CHUNKS:
      chunking.output = Chunking::Output::kChunks;
      return chunking;
    case v1::Chunking::OUTPUT_MEAN:
      chunking.output = Chunking::Output::kMean;
      return chunking;
    default:
      return UnknownValue("options.chunking.output", proto.output(),
                          "parley.v1.Chunking.Output");
  }
}

absl::StatusOr<EmbedOptions> ToEmbedOptions(const v1::EmbedOptions& proto) {
  EmbedOptions options;
  PARLEY_ASSIGN_OR_RETURN(options.pooling, ToPooling(proto.pooling()));
  if (proto.has_normalize()) options.normalize = proto.normalize();
  if (proto.has_dimensions()) options.dimensions = proto.dimensions();
  if (proto.has_prompt_name()) options.prompt_name = proto.prompt_name();
  if (proto.has_prompt()) options.prompt = proto.prompt();
  PARLEY_ASSIGN_OR_RETURN(options.limits,
                          ToTokenLimits(proto.limits(), "options.limits"));
  PARLEY_ASSIGN_OR_RETURN(options.format, ToVectorFormat(proto.format()));
  if (proto.has_chunking()) {
    PARLEY_ASSIGN_OR_RETURN(options.chunking, ToChunking(proto.chunking()));
  }
  return options;
}

void FillChunk(EmbedChunk chunk, v1::EmbedChunk* proto) {
  proto->set_vector(std::move(chunk.vector.bytes));
  proto->set_scale(chunk.vector.scale);
  proto->set_tokens(chunk.tokens);
  proto->set_begin(static_cast<int64_t>(chunk.range.begin));
  proto->set_end(static_cast<int64_t>(chunk.range.end));
}

}  // namespace

absl::StatusOr<EmbedCall> ToEmbedCall(v1::EmbedRequest* request) {
  EmbedCall call;
  PARLEY_ASSIGN_OR_RETURN(call.options, ToEmbedOptions(request->options()));
  call.items = {.texts = ToTexts(request->mutable_texts()),
                .pairs = ToPairs(request->mutable_pairs()),
                .inputs = ToInputs(request->mutable_inputs())};
  return call;
}

absl::StatusOr<SimilarityCall> ToSimilarityCall(
    v1::SimilarityRequest* request) {
  SimilarityCall call;
  PARLEY_ASSIGN_OR_RETURN(call.options, ToEmbedOptions(request->options()));
  if (call.options.chunking) {
    return absl::InvalidArgumentError(
        "options.chunking does not apply to Similarity");
  }
  if (request->options().format() != v1::VECTOR_FORMAT_UNSPECIFIED) {
    return absl::InvalidArgumentError(
        "options.format does not apply to Similarity, which gives no vectors");
  }
  call.text = std::move(*request->mutable_text());
  call.others = ToTexts(request->mutable_others());
  return call;
}

v1::EmbedResponse ToEmbedResponse(EmbedReply reply,
                                  const std::string& model_name) {
  v1::EmbedResponse response;
  response.set_model(model_name);
  response.mutable_results()->Reserve(static_cast<int>(reply.results.size()));
  for (EmbedResult& result : reply.results) {
    v1::EmbedResult& proto = *response.add_results();
    *proto.mutable_status() = ToRpcStatus(result.status);
    proto.set_vector(std::move(result.vector.bytes));
    proto.set_dimensions(result.dimensions);
    proto.set_scale(result.vector.scale);
    proto.set_tokens(result.tokens);
    proto.set_truncated(result.truncated);
    for (EmbedChunk& chunk : result.chunks) {
      FillChunk(std::move(chunk), proto.add_chunks());
    }
  }
  *response.mutable_timing() = ToProto(reply.timing);
  return response;
}

v1::SimilarityResponse ToSimilarityResponse(SimilarityReply reply,
                                            const std::string& model_name) {
  v1::SimilarityResponse response;
  response.set_model(model_name);
  response.mutable_results()->Reserve(static_cast<int>(reply.results.size()));
  for (const SimilarityResult& result : reply.results) {
    v1::SimilarityResult& proto = *response.add_results();
    *proto.mutable_status() = ToRpcStatus(result.status);
    proto.set_score(result.score);
    proto.set_tokens(result.tokens);
    proto.set_truncated(result.truncated);
  }
  *response.mutable_timing() = ToProto(reply.timing);
  return response;
}

}  // namespace parley
