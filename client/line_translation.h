// Translates a stream of texts with many calls under way, in order.
#ifndef PARLEY_CLIENT_LINE_TRANSLATION_H_
#define PARLEY_CLIENT_LINE_TRANSLATION_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "client/client.h"
#include "client/text_source.h"
#include "parley/v1/translation.pb.h"

namespace parley::client {

struct LineTranslationOptions {
  // What every call asks for; its `texts` are filled in.
  parley::v1::TranslateRequest request;
  // Texts of one call at most, at least 1. A call goes out with fewer where
  // the source has no more right now.
  int batch_size = 32;
  // Bytes of text after which a call takes no further one.
  size_t batch_bytes = 1 << 20;
  // Calls under way at most, at least 1. A few times as many answered batches
  // may wait for an earlier one: that bounds the memory.
  int in_flight = 8;
};

// One text with its outcome. `result` always has a status; where that is not
// OK there are no hypotheses. The references last for the call of the sink.
struct TranslatedText {
  int64_t number;  // From 1, in the order of the source.
  const std::string& text;
  const std::string& model;  // The one that answered; empty on errors.
  const parley::v1::TranslateResult& result;
};

// Hands each text of `source` with its translation to `sink`, in order, on the
// calling thread. A text that fails (by itself; as it is not UTF-8, which is
// not sent; or as its call ran out of time or met an internal error) is handed
// over with its status, and the others go on.
//
// Errors: the source's own, once what came before it has been handed over; the
// sink's, at once; and that of a call which says that no further call can do
// better (no server answers, no such model, an option is out of range): texts
// from that call on are not handed over, and the message names the first.
// What is still under way then is left to `client`, whose end cancels it.
absl::Status TranslateTexts(
    Client& client, const LineTranslationOptions& options, TextSource& source,
    absl::FunctionRef<absl::Status(const TranslatedText&)> sink);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_LINE_TRANSLATION_H_
