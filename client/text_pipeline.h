// Calls for a stream of texts, many under way at once, answered in order.
//
// What the calls are is the caller's affair: client/line_calls.h makes them of
// a method of Client.
#ifndef PARLEY_CLIENT_TEXT_PIPELINE_H_
#define PARLEY_CLIENT_TEXT_PIPELINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "client/text_source.h"

namespace parley::client {

struct PipelineOptions {
  // Texts of one call at most, at least 1. A call goes out with fewer where
  // the source has no more right now.
  int batch_size = 32;
  // Bytes of text after which a call takes no further one.
  size_t batch_bytes = 1 << 20;
  // Calls under way at most, at least 1. A few times as many answered batches
  // may wait for an earlier one: that bounds the memory.
  int in_flight = 8;
};

// One call for several texts, and then its answer. Used by the pipeline's
// thread alone, but for `done`.
class TextBatch {
 public:
  virtual ~TextBatch() = default;

  // Takes one more text into the call, or says what is wrong with it; it is
  // then not sent, and the others go on.
  virtual absl::Status Add(const std::string& text) = 0;

  // Once, and only where texts were taken. `done` runs exactly once, on any
  // thread, with what became of the call as a whole; it keeps this alive.
  virtual void Start(absl::AnyInvocable<void(absl::Status)> done) = 0;
};

// One text with its outcome, OK or not. The references last for the call of
// the sink.
struct PipelinedText {
  int64_t number;  // From 1, in the order of the source.
  const std::string& text;
  const absl::Status& status;
  // The batch that it belongs to and, where `status` is OK, its place among
  // the texts that the batch took.
  TextBatch& batch;
  int index;
};

// Hands each text of `source` to `sink`, in order, on the calling thread, when
// its batch is done. A text that fails before its call is answered (it is not
// UTF-8, or its batch refused it; or its call ran out of time or met an
// internal error) is handed over with its status, and the others go on.
//
// Errors: the source's own, once what came before it has been handed over; the
// sink's, at once; and that of a call which says that no further call can do
// better (no server answers, no such model, an option is out of range): texts
// from that call on are not handed over, and the message names the first.
// What is still under way then goes on without being waited for.
absl::Status RunTextPipeline(
    const PipelineOptions& options, TextSource& source,
    absl::FunctionRef<std::unique_ptr<TextBatch>()> make_batch,
    absl::FunctionRef<absl::Status(const PipelinedText&)> sink);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_TEXT_PIPELINE_H_
