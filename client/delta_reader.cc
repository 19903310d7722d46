#include "client/delta_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace parley::client {
namespace {

using ::parley::v1::TranslateDelta;
using ::parley::v1::TranslateRequest;
using ::parley::v1::TranslateResponse;
using ::parley::v1::TranslateStreamResponse;

using Stub = ::parley::v1::TranslationService::StubInterface::async_interface;

// One stream; deletes itself.
class DeltaReader : public grpc::ClientReadReactor<TranslateStreamResponse> {
 public:
  struct Call {
    std::shared_ptr<const TranslateRequest> request;
    std::shared_ptr<DeltaLedger> ledger;
    std::shared_ptr<TranslateResponse> response;
  };

  DeltaReader(grpc::ClientContext* context, Call call,
              RetryingCall::AttemptDone done)
      : context_(context), call_(std::move(call)), done_(std::move(done)) {}

  void Start(Stub* stub) {
    call_.ledger->BeginAttempt();
    stub->TranslateStream(context_, call_.request.get(), this);
    StartRead(&event_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (event_.has_response()) {
      *call_.response = std::move(*event_.mutable_response());
      complete_ = true;
    } else if (event_.has_delta() && contradiction_.ok()) {
      contradiction_ = call_.ledger->Add(std::move(*event_.mutable_delta()));
      if (!contradiction_.ok()) context_->TryCancel();
    }
    event_.Clear();
    StartRead(&event_);
  }

  void OnDone(const grpc::Status& status) override {
    grpc::Status end = status;
    if (!contradiction_.ok()) {
      end = {grpc::StatusCode::ABORTED, std::string(contradiction_.message())};
    } else if (status.ok() && !complete_) {
      end = {grpc::StatusCode::UNKNOWN, "the stream ended without a response"};
    }
    const RetryingCall::AttemptDone done = std::move(done_);
    delete this;
    done(end);
  }

 private:
  grpc::ClientContext* const context_;  // Lives until done_ is called.
  Call call_;
  RetryingCall::AttemptDone done_;
  TranslateStreamResponse event_;
  bool complete_ = false;
  absl::Status contradiction_;
};

}  // namespace

void DeltaLedger::BeginAttempt() {
  for (auto& [index, text] : texts_) {
    text.seen.clear();
    text.num_ids_seen = 0;
  }
}

absl::Status DeltaLedger::Add(TranslateDelta delta) {
  Text& text = texts_[delta.index()];
  absl::StrAppend(&text.seen, delta.text());
  if (!absl::StartsWith(text.seen, text.told) &&
      !absl::StartsWith(text.told, text.seen)) {
    return absl::AbortedError(absl::StrCat("another attempt translates text ",
                                           delta.index(),
                                           " otherwise than was told before"));
  }
  text.num_ids_seen += delta.token_ids_size();
  const int num_new_ids = std::max(0, text.num_ids_seen - text.num_ids_told);
  const size_t told_bytes = text.told.size();
  const bool has_text = text.seen.size() > told_bytes;
  const bool ends = delta.is_last() && !text.ended;
  if (!has_text && num_new_ids == 0 && !ends) return absl::OkStatus();
  delta.set_text(has_text ? text.seen.substr(told_bytes) : "");
  delta.mutable_token_ids()->ExtractSubrange(
      0, delta.token_ids_size() - num_new_ids, nullptr);
  if (has_text) text.told = text.seen;
  text.num_ids_told += num_new_ids;
  text.ended |= delta.is_last();
  tell_(delta);
  return absl::OkStatus();
}

RetryingCall::Attempt ReadDeltas(
    Stub* stub, std::shared_ptr<const TranslateRequest> request,
    std::shared_ptr<DeltaLedger> ledger,
    std::shared_ptr<TranslateResponse> response) {
  return [stub, call = DeltaReader::Call{.request = std::move(request),
                                         .ledger = std::move(ledger),
                                         .response = std::move(response)}](
             grpc::ClientContext* context, RetryingCall::AttemptDone done) {
    (new DeltaReader(context, call, std::move(done)))->Start(stub);
  };
}

}  // namespace parley::client
