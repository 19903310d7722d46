#include "client/delta_reader.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

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
  // All live until `done` is called.
  struct Call {
    grpc::ClientContext* context;
    DeltaLedger* ledger;
    TranslateResponse* response;
  };

  DeltaReader(Call call, RetryingCall::AttemptDone done)
      : call_(call), done_(std::move(done)) {}

  void Start(Stub* stub, const TranslateRequest* request) {
    call_.ledger->BeginAttempt();
    stub->TranslateStream(call_.context, request, this);
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
      if (!contradiction_.ok()) call_.context->TryCancel();
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
  const Call call_;
  RetryingCall::AttemptDone done_;
  TranslateStreamResponse event_;
  bool complete_ = false;
  absl::Status contradiction_;
};

}  // namespace

void DeltaLedger::BeginAttempt() {
  for (auto& [index, text] : texts_) {
    text.seen_bytes = 0;
    text.num_ids_seen = 0;
  }
}

absl::Status DeltaLedger::Add(TranslateDelta delta) {
  Text& text = texts_[delta.index()];
  absl::string_view fresh = delta.text();
  const absl::string_view known =
      absl::string_view(text.told).substr(text.seen_bytes, fresh.size());
  if (!absl::ConsumePrefix(&fresh, known)) {
    return absl::AbortedError(absl::StrCat("another attempt translates text ",
                                           delta.index(),
                                           " otherwise than was told before"));
  }
  text.seen_bytes += delta.text().size();
  text.num_ids_seen += delta.token_ids_size();
  const int num_new_ids = std::max(0, text.num_ids_seen - text.num_ids_told);
  const bool ends = delta.is_last() && !text.ended;
  if (fresh.empty() && num_new_ids == 0 && !ends) return absl::OkStatus();
  absl::StrAppend(&text.told, fresh);
  delta.set_text(std::string(fresh));
  delta.mutable_token_ids()->ExtractSubrange(
      0, delta.token_ids_size() - num_new_ids, nullptr);
  text.num_ids_told += num_new_ids;
  text.ended |= delta.is_last();
  tell_(delta);
  return absl::OkStatus();
}

std::function<void(grpc::ClientContext*, const TranslateRequest*,
                   TranslateResponse*, RetryingCall::AttemptDone)>
ReadDeltas(Stub* stub, DeltaLedger::Tell tell) {
  return [stub, ledger = std::make_shared<DeltaLedger>(std::move(tell))](
             grpc::ClientContext* context, const TranslateRequest* request,
             TranslateResponse* response, RetryingCall::AttemptDone done) {
    const DeltaReader::Call call = {
        .context = context, .ledger = ledger.get(), .response = response};
    (new DeltaReader(call, std::move(done)))->Start(stub, request);
  };
}

}  // namespace parley::client
