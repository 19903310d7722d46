#include "server/pipeline/embedding/tokenize.h"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/pipeline/embedding/item_reader.h"

namespace parley {
namespace {

absl::StatusOr<ItemReader> ReaderFor(const ServedModel& model,
                                     const TokenizeCall& call) {
  return ItemReader::Create(&model,
                            {.limits = call.limits.value_or(TokenLimits()),
                             .takes_pairs = !call.items.pairs.empty(),
                             .add_special_tokens = call.add_special_tokens,
                             .takes_any_length = !call.limits.has_value()});
}

absl::StatusOr<TokenizeReply> TokenizeAll(const ServedModel& model,
                                          const CallLimits& limits,
                                          const TokenizeCall& call) {
  PARLEY_RETURN_IF_ERROR(CheckItems(call.items, limits));
  PARLEY_ASSIGN_OR_RETURN(const ItemReader reader, ReaderFor(model, call));
  TokenizeReply reply;
  int64_t num_tokens = 0;
  for (size_t i = 0; i < call.items.size(); ++i) {
    PARLEY_RETURN_IF_ERROR(StillWanted(call.context));
    TokenizeResult& result = reply.results.emplace_back();
    const absl::StatusOr<EncoderInput> input =
        call.items.pairs.empty() ? reader.ReadText(call.items.texts[i])
                                 : reader.ReadPair(call.items.pairs[i]);
    if (!input.ok()) {
      result.status = input.status();
      continue;
    }
    num_tokens += std::ssize(input->ids);
    PARLEY_RETURN_IF_ERROR(
        CheckAnswerSize(num_tokens * kTextTokenBytes, limits));
    result.tokens = ListTokens(*input, reader.tokenizer());
    result.truncated = input->truncated;
  }
  return reply;
}

absl::Status CheckIds(const std::vector<TokenId>& ids, int vocab_size) {
  for (const TokenId id : ids) {
    if (id >= 0 && id < vocab_size) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("id ", id, " is not in the vocabulary, which has 0 to ",
                     vocab_size - 1));
  }
  return absl::OkStatus();
}

absl::StatusOr<DetokenizeReply> DetokenizeAll(const EncoderTokenizer& tokenizer,
                                              const CallLimits& limits,
                                              const DetokenizeCall& call) {
  PARLEY_RETURN_IF_ERROR(CheckNumItems("inputs", call.inputs.size(), limits));
  DetokenizeReply reply;
  int64_t num_bytes = 0;
  for (const TokenInput& input : call.inputs) {
    PARLEY_RETURN_IF_ERROR(StillWanted(call.context));
    DetokenizeResult& result = reply.results.emplace_back();
    result.status = CheckIds(input.token_ids, tokenizer.vocab_size());
    if (!result.status.ok()) continue;
    result.text = tokenizer.Decode(input.token_ids, call.keep_special_tokens);
    num_bytes += std::ssize(result.text);
    PARLEY_RETURN_IF_ERROR(CheckAnswerSize(num_bytes, limits));
  }
  return reply;
}

}  // namespace

void Tokenize(std::shared_ptr<ServedModel> model, const CallLimits& limits,
              TokenizeCall call, ReplyCallback<TokenizeReply> done) {
  done(TokenizeAll(*model, limits, call));
}

void Detokenize(std::shared_ptr<ServedModel> model, const CallLimits& limits,
                DetokenizeCall call, ReplyCallback<DetokenizeReply> done) {
  done(DetokenizeAll(*model->encoder_tokenizer, limits, call));
}

}  // namespace parley
