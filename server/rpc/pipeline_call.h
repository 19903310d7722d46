// A call at the wire that the pipeline answers: what all methods of all
// services share.
#ifndef PARLEY_SERVER_RPC_PIPELINE_CALL_H_
#define PARLEY_SERVER_RPC_PIPELINE_CALL_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/grpcpp.h"
#include "server/pipeline/call.h"
#include "server/pipeline/methods.h"
#include "server/pipeline/model_directory.h"
#include "server/rpc/call_gate.h"
#include "server/rpc/call_inside.h"
#include "server/rpc/call_messages.h"
#include "server/rpc/call_record.h"
#include "server/rpc/deferred_call.h"
#include "server/rpc/message_counts.h"
#include "server/rpc/message_parsing.h"
#include "server/rpc/unary_call.h"

namespace parley {

// What calls are answered with. All of it must outlive the services, and what
// they start.
struct CallEnvironment {
  const ModelDirectory* models = nullptr;
  CallGate* gate = nullptr;
  CallLimits limits;
  CallReporting reporting;
};

// One method of a service: its messages, and its function in the pipeline.
template <typename Request, typename Response, typename Call, typename Reply>
struct PipelineMethod {
  Method method;
  // Without the context. May move from the request.
  absl::StatusOr<Call> (*to_call)(Request* request);
  void (*run)(std::shared_ptr<ServedModel> model, const CallLimits& limits,
              Call call, ReplyCallback<Reply> done);
  Response (*to_response)(Reply reply, const std::string& model_name);
};

// The model that a request means by `name`. FAILED_PRECONDITION where it
// cannot do `method`; else the errors of ModelDirectory::Find.
absl::StatusOr<std::shared_ptr<ServedModel>> FindModel(
    const ModelDirectory& models, const std::string& name, Method method);

// Who waits for a response: `done` is called exactly once, on any thread, and
// may be long after the call was cancelled.
template <typename Response>
struct Caller {
  CallContext context;
  ReplyCallback<Response> done;
  // Gets to know all but the end. May be null.
  std::shared_ptr<CallRecord> record = nullptr;
};

// Has the pipeline answer `request`, which is moved from.
template <typename Request, typename Response, typename Call, typename Reply>
void RunMethod(const PipelineMethod<Request, Response, Call, Reply>& method,
               const CallEnvironment& environment, Request* request,
               Caller<Response> caller) {
  const std::shared_ptr<CallRecord> record = std::move(caller.record);
  if (record != nullptr) record->SetNumItems(CountItems(*request));
  absl::StatusOr<std::shared_ptr<ServedModel>> model =
      FindModel(*environment.models, request->model(), method.method);
  if (!model.ok()) {
    caller.done(std::move(model).status());
    return;
  }
  if (record != nullptr) record->SetModel((*model)->name, (*model)->version);
  absl::StatusOr<Call> call = method.to_call(request);
  if (!call.ok()) {
    caller.done(std::move(call).status());
    return;
  }
  if constexpr (requires { request->call(); }) {
    absl::Status options = ReadCallOptions(request->call(), &caller.context);
    if (!options.ok()) {
      caller.done(std::move(options));
      return;
    }
    // Before the work of reading it: what cannot be taken costs little.
    absl::Status room = CheckRoom(**model, caller.context);
    if (!room.ok()) {
      caller.done(std::move(room));
      return;
    }
  }
  ReplyCallback<Reply> answer =
      [cancel = caller.context.cancel, to_response = method.to_response,
       model_name = (*model)->name, version = (*model)->version, record,
       done = std::move(caller.done)](absl::StatusOr<Reply> reply) mutable {
        if (record != nullptr && reply.ok()) record->SetWork(WorkOf(*reply));
        if (!reply.ok()) {
          done(std::move(reply).status());
        } else if (cancel != nullptr && cancel->cancelled()) {
          // Nobody reads it: spare the conversion.
          done(absl::CancelledError("the call was cancelled"));
        } else {
          Response response = to_response(*std::move(reply), model_name);
          if constexpr (requires { response.set_model_version(version); }) {
            response.set_model_version(version);
          }
          done(std::move(response));
        }
      };
  call->context = std::move(caller.context);
  method.run(*std::move(model), environment.limits, *std::move(call),
             std::move(answer));
}

// The wire's end of one unary call that the pipeline answers.
class PipelineReactor final : public DeferredReactor {
 public:
  PipelineReactor(const UnaryWire& wire, std::shared_ptr<CallRecord> record,
                  const CallLimits& limits, std::unique_ptr<CallInside> inside)
      : DeferredReactor(wire, std::move(record), limits),
        inside_(std::move(inside)) {}

  // gRPC calls OnDone only after the method's handler has returned.
  CallContext Context() { return inside_->Context(); }

  void OnCancel() override { answerer().Refuse(inside_->Cancel()); }

 private:
  const std::unique_ptr<CallInside> inside_;
};

// The whole of a unary method.
template <typename Request, typename Response, typename Call, typename Reply>
grpc::ServerUnaryReactor* StartUnaryCall(
    const PipelineMethod<Request, Response, Call, Reply>& method,
    const CallEnvironment& environment, const UnaryWire& wire) {
  const auto record = std::make_shared<CallRecord>(environment.reporting,
                                                   MethodName(method.method),
                                                   TakeIdentity(wire.context));
  absl::StatusOr<std::unique_ptr<CallInside>> inside =
      CallInside::Enter(environment.gate, *wire.context, wire.request);
  if (!inside.ok()) {
    auto* const refused = new DeferredReactor(wire, record);
    refused->answerer().Refuse(inside.status());
    return refused;
  }
  auto* const reactor =
      new PipelineReactor(wire, record, environment.limits, *std::move(inside));
  const DeferredReactor::Answerer answerer = reactor->answerer();
  Request request;
  const absl::Status parsed = ParseMessage(wire.request, &request);
  if (!parsed.ok()) {
    answerer.Refuse(parsed);
    return reactor;
  }
  Caller<Response> caller = {.context = reactor->Context(),
                             .done =
                                 [answerer](absl::StatusOr<Response> response) {
                                   if (response.ok()) {
                                     answerer.Answer(*response);
                                   } else {
                                     answerer.Refuse(response.status());
                                   }
                                 },
                             .record = record};
  RunMethod(method, environment, &request, std::move(caller));
  return reactor;
}

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_PIPELINE_CALL_H_
