#include "server/rpc/head_messages.h"

#include <utility>

#include "base/status_macros.h"
#include "server/rpc/call_messages.h"
#include "server/rpc/item_messages.h"
#include "server/rpc/status_conversion.h"

namespace parley {
namespace {

// What each result of these methods begins with, and each response.
template <typename Result, typename Proto>
void FillCounts(const Result& result, Proto* proto) {
  *proto->mutable_status() = ToRpcStatus(result.status);
  proto->set_tokens(result.tokens);
  proto->set_truncated(result.truncated);
}

template <typename Response, typename Reply>
Response ResponseTo(const Reply& reply, const std::string& model_name) {
  Response response;
  response.set_model(model_name);
  *response.mutable_timing() = ToProto(reply.timing);
  response.mutable_results()->Reserve(static_cast<int>(reply.results.size()));
  return response;
}

void FillMaskProto(FilledMask mask, v1::FilledMask* proto) {
  proto->set_position(mask.position);
  proto->mutable_tokens()->Reserve(static_cast<int>(mask.tokens.size()));
  for (FilledToken& token : mask.tokens) {
    v1::FilledToken& filled = *proto->add_tokens();
    filled.set_id(token.id);
    filled.set_token(std::move(token.token));
    filled.set_text(std::move(token.text));
    filled.set_probability(token.probability);
    filled.set_log_prob(token.log_prob);
  }
}

}  // namespace

absl::StatusOr<RerankCall> ToRerankCall(v1::RerankRequest* request) {
  RerankCall call;
  PARLEY_ASSIGN_OR_RETURN(call.score_function,
                          ToScoreFunction(request->score_function()));
  PARLEY_ASSIGN_OR_RETURN(call.limits,
                          ToTokenLimits(request->limits(), "limits"));
  if (request->has_top_n()) call.top_n = request->top_n();
  call.return_documents = request->return_documents();
  call.query = std::move(*request->mutable_query());
  call.documents = ToTexts(request->mutable_documents());
  return call;
}

absl::StatusOr<ClassifyCall> ToClassifyCall(v1::ClassifyRequest* request) {
  ClassifyCall call;
  PARLEY_ASSIGN_OR_RETURN(call.score_function,
                          ToScoreFunction(request->score_function()));
  PARLEY_ASSIGN_OR_RETURN(call.limits,
                          ToTokenLimits(request->limits(), "limits"));
  if (request->has_top_k()) call.top_k = request->top_k();
  call.items = {.texts = ToTexts(request->mutable_texts()),
                .pairs = ToPairs(request->mutable_pairs()),
                .inputs = ToInputs(request->mutable_inputs())};
  return call;
}

absl::StatusOr<FillMaskCall> ToFillMaskCall(v1::FillMaskRequest* request) {
  FillMaskCall call;
  PARLEY_ASSIGN_OR_RETURN(call.limits,
                          ToTokenLimits(request->limits(), "limits"));
  if (request->has_top_k()) call.top_k = request->top_k();
  call.texts = ToTexts(request->mutable_texts());
  return call;
}

absl::StatusOr<NextSentenceCall> ToNextSentenceCall(
    v1::NextSentenceRequest* request) {
  NextSentenceCall call;
  PARLEY_ASSIGN_OR_RETURN(call.limits,
                          ToTokenLimits(request->limits(), "limits"));
  call.pairs = ToPairs(request->mutable_pairs());
  return call;
}

v1::RerankResponse ToRerankResponse(RerankReply reply,
                                    const std::string& model_name) {
  auto response = ResponseTo<v1::RerankResponse>(reply, model_name);
  for (RerankResult& result : reply.results) {
    v1::RerankResult& proto = *response.add_results();
    FillCounts(result, &proto);
    proto.set_index(result.index);
    proto.set_score(result.score);
    proto.set_document(std::move(result.document));
  }
  return response;
}

v1::ClassifyResponse ToClassifyResponse(ClassifyReply reply,
                                        const std::string& model_name) {
  auto response = ResponseTo<v1::ClassifyResponse>(reply, model_name);
  for (ClassifyResult& result : reply.results) {
    v1::ClassifyResult& proto = *response.add_results();
    FillCounts(result, &proto);
    proto.mutable_labels()->Reserve(static_cast<int>(result.labels.size()));
    for (LabelScore& label : result.labels) {
      v1::LabelScore& score = *proto.add_labels();
      score.set_label(std::move(label.label));
      score.set_score(label.score);
      score.set_index(label.index);
    }
  }
  return response;
}

v1::FillMaskResponse ToFillMaskResponse(FillMaskReply reply,
                                        const std::string& model_name) {
  auto response = ResponseTo<v1::FillMaskResponse>(reply, model_name);
  for (FillMaskResult& result : reply.results) {
    v1::FillMaskResult& proto = *response.add_results();
    FillCounts(result, &proto);
    for (FilledMask& mask : result.masks) {
      FillMaskProto(std::move(mask), proto.add_masks());
    }
  }
  return response;
}

v1::NextSentenceResponse ToNextSentenceResponse(NextSentenceReply reply,
                                                const std::string& model_name) {
  auto response = ResponseTo<v1::NextSentenceResponse>(reply, model_name);
  for (NextSentenceResult& result : reply.results) {
    v1::NextSentenceResult& proto = *response.add_results();
    FillCounts(result, &proto);
    proto.set_probability(result.probability);
    proto.mutable_logits()->Add(result.logits.begin(), result.logits.end());
  }
  return response;
}

}  // namespace parley
