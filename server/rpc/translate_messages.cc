#include "server/rpc/translate_messages.h"

#include <optional>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "server/rpc/call_messages.h"
#include "server/rpc/status_conversion.h"

namespace parley {
namespace {

absl::StatusOr<std::optional<EarlyStopping>> ToEarlyStopping(
    const v1::TranslateOptions& options) {
  switch (options.early_stopping()) {
    case v1::EARLY_STOPPING_UNSPECIFIED:  // Also where it is not set.
      return std::nullopt;
    case v1::EARLY_STOPPING_HEURISTIC:
      return EarlyStopping::kHeuristic;
    case v1::EARLY_STOPPING_FIRST:
      return EarlyStopping::kFirst;
    case v1::EARLY_STOPPING_NEVER:
      return EarlyStopping::kNever;
    default:
      return UnknownValue("options.early_stopping", options.early_stopping(),
                          "parley.v1.EarlyStopping");
  }
}

absl::StatusOr<SplitMode> ToSplitMode(const v1::TranslateOptions& options) {
  switch (options.split()) {
    case v1::SPLIT_UNSPECIFIED:
    case v1::SPLIT_SENTENCES:
      return SplitMode::kSentences;
    case v1::SPLIT_PARAGRAPHS:
      return SplitMode::kParagraphs;
    case v1::SPLIT_NONE:
      return SplitMode::kNone;
    default:
      return UnknownValue("options.split", options.split(), "parley.v1.Split");
  }
}

absl::StatusOr<TranslateOptions> ToTranslateOptions(
    const v1::TranslateOptions& proto) {
  TranslateOptions options;
  if (proto.has_num_beams()) options.num_beams = proto.num_beams();
  if (proto.has_num_hypotheses()) {
    options.num_hypotheses = proto.num_hypotheses();
  }
  if (proto.has_length_penalty()) {
    options.length_penalty = proto.length_penalty();
  }
  if (proto.has_max_new_tokens()) {
    options.max_new_tokens = proto.max_new_tokens();
  }
  if (proto.has_min_new_tokens()) {
    options.min_new_tokens = proto.min_new_tokens();
  }
  if (proto.has_shortlist()) options.shortlist = proto.shortlist();
  options.do_sample = proto.do_sample();
  if (proto.has_temperature()) options.temperature = proto.temperature();
  if (proto.has_top_k()) options.top_k = proto.top_k();
  if (proto.has_top_p()) options.top_p = proto.top_p();
  if (proto.has_seed()) options.seed = proto.seed();
  PARLEY_ASSIGN_OR_RETURN(options.early_stopping, ToEarlyStopping(proto));
  PARLEY_ASSIGN_OR_RETURN(options.split, ToSplitMode(proto));
  options.return_tokens = proto.return_tokens();
  return options;
}

v1::FinishReason ToProto(FinishReason reason) {
  switch (reason) {
    case FinishReason::kEndOfSequence:
      return v1::FINISH_REASON_END_OF_SEQUENCE;
    case FinishReason::kLength:
      return v1::FINISH_REASON_LENGTH;
  }
  return v1::FINISH_REASON_UNSPECIFIED;
}

void FillHypothesis(TextHypothesis hypothesis, v1::Hypothesis* proto) {
  proto->set_text(std::move(hypothesis.text));
  proto->set_score(hypothesis.score);
  proto->set_log_prob(hypothesis.log_prob);
  proto->mutable_tokens()->Reserve(static_cast<int>(hypothesis.tokens.size()));
  for (std::string& token : hypothesis.tokens) {
    proto->add_tokens(std::move(token));
  }
  proto->mutable_token_ids()->Add(hypothesis.token_ids.begin(),
                                  hypothesis.token_ids.end());
  proto->mutable_token_log_probs()->Add(hypothesis.token_log_probs.begin(),
                                        hypothesis.token_log_probs.end());
  proto->set_finish_reason(ToProto(hypothesis.finish_reason));
}

}  // namespace

absl::StatusOr<TranslateCall> ToTranslateCall(v1::TranslateRequest* request) {
  TranslateCall call;
  PARLEY_ASSIGN_OR_RETURN(call.options, ToTranslateOptions(request->options()));
  call.source_language = request->source_language();
  call.target_language = request->target_language();
  call.texts.reserve(request->texts_size());
  for (std::string& text : *request->mutable_texts()) {
    call.texts.push_back(std::move(text));
  }
  return call;
}

v1::TranslateResponse ToTranslateResponse(TranslateReply reply,
                                          const std::string& model_name) {
  v1::TranslateResponse response;
  response.set_model(model_name);
  response.mutable_results()->Reserve(static_cast<int>(reply.results.size()));
  for (TextResult& result : reply.results) {
    v1::TranslateResult& proto = *response.add_results();
    *proto.mutable_status() = ToRpcStatus(result.status);
    proto.set_source_tokens(result.source_tokens);
    proto.set_truncated(result.truncated);
    for (TextHypothesis& hypothesis : result.hypotheses) {
      FillHypothesis(std::move(hypothesis), proto.add_hypotheses());
    }
  }
  *response.mutable_timing() = ToProto(reply.timing);
  return response;
}

}  // namespace parley
