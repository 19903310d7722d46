#include "server/rpc/item_messages.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/rpc/call_messages.h"

namespace parley {
namespace {

absl::StatusOr<PairTruncation> ToPairTruncation(const v1::TokenLimits& proto,
                                                absl::string_view field) {
  switch (proto.pair_truncation()) {
    case v1::PAIR_TRUNCATION_UNSPECIFIED:
    case v1::PAIR_TRUNCATION_LONGEST_FIRST:
      return PairTruncation::kLongestFirst;
    case v1::PAIR_TRUNCATION_ONLY_FIRST:
      return PairTruncation::kOnlyFirst;
    case v1::PAIR_TRUNCATION_ONLY_SECOND:
      return PairTruncation::kOnlySecond;
    default:
      return UnknownValue(absl::StrCat(field, ".pair_truncation"),
                          proto.pair_truncation(), "parley.v1.PairTruncation");
  }
}

}  // namespace

std::vector<std::string> ToTexts(
    google::protobuf::RepeatedPtrField<std::string>* texts) {
  std::vector<std::string> moved;
  moved.reserve(texts->size());
  for (std::string& text : *texts) moved.push_back(std::move(text));
  return moved;
}

std::vector<TextPair> ToPairs(
    google::protobuf::RepeatedPtrField<v1::TextPair>* pairs) {
  std::vector<TextPair> moved(pairs->size());
  for (int i = 0; i < pairs->size(); ++i) {
    v1::TextPair& pair = (*pairs)[i];
    if (pair.has_first()) moved[i].first = std::move(*pair.mutable_first());
    if (pair.has_second()) moved[i].second = std::move(*pair.mutable_second());
  }
  return moved;
}

std::vector<TokenInput> ToInputs(
    google::protobuf::RepeatedPtrField<v1::TokenInput>* inputs) {
  std::vector<TokenInput> copied;
  copied.reserve(inputs->size());
  for (const v1::TokenInput& input : *inputs) {
    copied.push_back(
        {.token_ids = {input.token_ids().begin(), input.token_ids().end()},
         .segment_ids = {input.segment_ids().begin(),
                         input.segment_ids().end()}});
  }
  return copied;
}

absl::StatusOr<TokenLimits> ToTokenLimits(const v1::TokenLimits& proto,
                                          absl::string_view field) {
  TokenLimits limits;
  if (proto.has_max_tokens()) limits.max_tokens = proto.max_tokens();
  PARLEY_ASSIGN_OR_RETURN(limits.pair_truncation,
                          ToPairTruncation(proto, field));
  switch (proto.truncation()) {
    case v1::TRUNCATION_UNSPECIFIED:
      return limits;
    case v1::TRUNCATION_RIGHT:
      limits.truncation = Truncation::kRight;
      return limits;
    case v1::TRUNCATION_LEFT:
      limits.truncation = Truncation::kLeft;
      return limits;
    case v1::TRUNCATION_REFUSE:
      limits.truncation = Truncation::kRefuse;
      return limits;
    default:
      return UnknownValue(absl::StrCat(field, ".truncation"),
                          proto.truncation(), "parley.v1.Truncation");
  }
}

absl::StatusOr<VectorFormat> ToVectorFormat(v1::VectorFormat format) {
  switch (format) {
    case v1::VECTOR_FORMAT_UNSPECIFIED:
    case v1::VECTOR_FORMAT_F32:
      return VectorFormat::kF32;
    case v1::VECTOR_FORMAT_F16:
      return VectorFormat::kF16;
    case v1::VECTOR_FORMAT_INT8:
      return VectorFormat::kInt8;
    case v1::VECTOR_FORMAT_BINARY:
      return VectorFormat::kBinary;
    default:
      return UnknownValue("options.format", format, "parley.v1.VectorFormat");
  }
}

absl::StatusOr<std::optional<ScoreFunction>> ToScoreFunction(
    v1::ScoreFunction function) {
  switch (function) {
    case v1::SCORE_FUNCTION_UNSPECIFIED:
      return std::nullopt;
    case v1::SCORE_FUNCTION_NONE:
      return ScoreFunction::kNone;
    case v1::SCORE_FUNCTION_SIGMOID:
      return ScoreFunction::kSigmoid;
    case v1::SCORE_FUNCTION_SOFTMAX:
      return ScoreFunction::kSoftmax;
    default:
      return UnknownValue("score_function", function,
                          "parley.v1.ScoreFunction");
  }
}

}  // namespace parley
