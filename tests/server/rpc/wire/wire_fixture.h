// A service of the tests' own on the loopback, and calls to it, all as bytes.
#ifndef PARLEY_TESTS_SERVER_RPC_WIRE_WIRE_FIXTURE_H_
#define PARLEY_TESTS_SERVER_RPC_WIRE_WIRE_FIXTURE_H_

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/rpc/wire/call_router.h"
#include "server/rpc/wire/call_server.h"
#include "tests/server/rpc/grpc_fixture.h"

namespace parley {

inline grpc::ByteBuffer ToBytes(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

inline std::string ToText(const grpc::ByteBuffer& bytes) {
  grpc::Slice slice;
  return bytes.DumpToSingleSlice(&slice).ok()
             ? std::string(reinterpret_cast<const char*>(slice.begin()),
                           slice.size())
             : "";
}

// Methods of "test", given by each test.
class TestService final : public WireService {
 public:
  using AddTo = std::function<void(CallRouter* router)>;
  explicit TestService(AddTo add) : add_(std::move(add)) {}

  void AddMethods(CallRouter* router) override { add_(router); }
  grpc::Service* generated() override { return &generated_; }

 private:
  const AddTo add_;
  grpc::Service generated_;
};

// A call of a client: one operation at a time.
class TestCall {
 public:
  TestCall(const std::shared_ptr<grpc::Channel>& channel,
           const std::string& method,
           absl::Duration timeout = absl::Seconds(30))
      : stub_(channel) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    call_ =
        stub_.PrepareCall(&context_, absl::StrCat("/test/", method), &queue_);
    call_->StartCall(this);
    Next();
  }
  ~TestCall() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  // Of a unary call: all that it sends.
  void Send(const std::string& text) {
    call_->WriteLast(ToBytes(text), grpc::WriteOptions(), this);
    Next();
  }
  void Write(const std::string& text) {
    call_->Write(ToBytes(text), this);
    Next();
  }
  void WritesDone() {
    call_->WritesDone(this);
    Next();
  }
  std::optional<std::string> Read() {
    grpc::ByteBuffer bytes;
    call_->Read(&bytes, this);
    if (!Next()) return std::nullopt;
    return ToText(bytes);
  }
  grpc::Status Finish() {
    grpc::Status status;
    call_->Finish(&status, this);
    Next();
    return status;
  }
  void Cancel() { context_.TryCancel(); }

 private:
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    return ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

// What becomes of a call.
struct Fate {
  int num_cancelled = 0;
  absl::Notification cancelled;
  absl::Notification done;
};

class FateReactor final : public CallReactor {
 public:
  explicit FateReactor(Fate* fate) : fate_(fate) {}
  void OnCancel() override {
    if (++fate_->num_cancelled == 1) fate_->cancelled.Notify();
  }
  void OnDone() override {
    fate_->done.Notify();
    delete this;
  }

 private:
  Fate* const fate_;
};

// Hands one call to the test, which binds and finishes it.
class HeldCall {
 public:
  std::function<void(const RequestWire&)> Method() {
    return [this](const RequestWire& wire) {
      absl::MutexLock lock(&mutex_);
      call_ = wire.call;
    };
  }

  WireCall* Wait() {
    absl::MutexLock lock(&mutex_);
    const auto has_come = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return call_ != nullptr;
    };
    mutex_.AwaitWithTimeout(absl::Condition(&has_come), absl::Seconds(30));
    return call_;
  }

 private:
  absl::Mutex mutex_;
  WireCall* call_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

// Answers with the request.
inline void Echo(const RequestWire& wire) {
  wire.call->FinishWith(*wire.request);
}

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_RPC_WIRE_WIRE_FIXTURE_H_
