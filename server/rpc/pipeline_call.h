// A call at the wire that the pipeline answers: what all methods of all
// services share.
#ifndef PARLEY_SERVER_RPC_PIPELINE_CALL_H_
#define PARLEY_SERVER_RPC_PIPELINE_CALL_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
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
#include "server/rpc/wire/call_router.h"
#include "server/rpc/wire/wire_call.h"

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

// A call that may be made, with its context.
template <typename Call>
struct ReadyCall {
  std::shared_ptr<ServedModel> model;
  Call call;
};

// Moves from the request. The error with which the call is to be answered,
// where it cannot be made, or not now.
template <typename Request, typename Response, typename Call, typename Reply>
absl::StatusOr<ReadyCall<Call>> MakeReady(
    const PipelineMethod<Request, Response, Call, Reply>& method,
    const CallEnvironment& environment, Request* request, CallContext context,
    CallRecord* record) {
  if (record != nullptr) record->SetNumItems(CountItems(*request));
  PARLEY_ASSIGN_OR_RETURN(
      std::shared_ptr<ServedModel> model,
      FindModel(*environment.models, request->model(), method.method));
  if (record != nullptr) record->SetModel(model->name, model->version);
  PARLEY_ASSIGN_OR_RETURN(Call call, method.to_call(request));
  if constexpr (requires { request->call(); }) {
    PARLEY_RETURN_IF_ERROR(ReadCallOptions(request->call(), &context));
    // Before the work of reading it: what cannot be taken costs little.
    PARLEY_RETURN_IF_ERROR(CheckRoom(*model, context));
  }
  call.context = std::move(context);
  return ReadyCall<Call>{.model = std::move(model), .call = std::move(call)};
}

// Has the pipeline answer a call.
template <typename Request, typename Response, typename Call, typename Reply>
void RunReady(const PipelineMethod<Request, Response, Call, Reply>& method,
              const CallEnvironment& environment, ReadyCall<Call> ready,
              ReplyCallback<Response> done,
              std::shared_ptr<CallRecord> record) {
  ReplyCallback<Reply> answer =
      [cancel = ready.call.context.cancel, to_response = method.to_response,
       model_name = ready.model->name, version = ready.model->version,
       record = std::move(record),
       done = std::move(done)](absl::StatusOr<Reply> reply) mutable {
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
  method.run(std::move(ready.model), environment.limits, std::move(ready.call),
             std::move(answer));
}

// Has the pipeline answer `request`, which is moved from.
template <typename Request, typename Response, typename Call, typename Reply>
void RunMethod(const PipelineMethod<Request, Response, Call, Reply>& method,
               const CallEnvironment& environment, Request* request,
               Caller<Response> caller) {
  absl::StatusOr<ReadyCall<Call>> ready =
      MakeReady(method, environment, request, std::move(caller.context),
                caller.record.get());
  if (!ready.ok()) {
    caller.done(std::move(ready).status());
    return;
  }
  RunReady(method, environment, *std::move(ready), std::move(caller.done),
           std::move(caller.record));
}

// The wire's end of one unary call that the pipeline answers.
class PipelineReactor final : public DeferredReactor {
 public:
  PipelineReactor(WireCall* call, std::shared_ptr<CallRecord> record,
                  const CallLimits& limits, std::unique_ptr<CallInside> inside)
      : DeferredReactor(call, std::move(record), limits),
        inside_(std::move(inside)) {}

  void OnCancel() override { answerer().Refuse(inside_->Cancel()); }

 private:
  const std::unique_ptr<CallInside> inside_;
};

// A unary call that has been let in, and its request.
struct EnteredCall {
  WireCall* call;
  grpc::ByteBuffer request;
  std::shared_ptr<CallRecord> record;
  std::unique_ptr<CallInside> inside;
};

// Lets a call in that has come; nothing where the gate does not, and the call
// has been refused.
std::optional<EnteredCall> EnterCall(const CallEnvironment& environment,
                                     Method method, const RequestWire& wire);

// Has the pipeline answer it.
template <typename Request, typename Response, typename Call, typename Reply>
void RunUnaryCall(const PipelineMethod<Request, Response, Call, Reply>& method,
                  const CallEnvironment& environment, EnteredCall entered) {
  WireCall* const call = entered.call;
  const std::shared_ptr<CallRecord> record = std::move(entered.record);
  Request request;
  const absl::Status parsed = ParseMessage(&entered.request, &request);
  if (!parsed.ok()) return RefuseCall(call, record.get(), parsed);
  absl::StatusOr<ReadyCall<Call>> ready = MakeReady(
      method, environment, &request, entered.inside->Context(), record.get());
  if (!ready.ok()) return RefuseCall(call, record.get(), ready.status());
  auto* const reactor = new PipelineReactor(call, record, environment.limits,
                                            std::move(entered.inside));
  call->Bind(reactor);
  RunReady<Request, Response, Call, Reply>(
      method, environment, *std::move(ready),
      [answerer = reactor->answerer()](absl::StatusOr<Response> response) {
        if (response.ok()) {
          answerer.Answer(*response);
        } else {
          answerer.Refuse(response.status());
        }
      },
      record);
}

// The whole of a unary method. `method` and `environment` outlive the call.
template <typename Request, typename Response, typename Call, typename Reply>
void StartUnaryCall(
    const PipelineMethod<Request, Response, Call, Reply>& method,
    const CallEnvironment& environment, const RequestWire& wire) {
  std::optional<EnteredCall> entered =
      EnterCall(environment, method.method, wire);
  if (!entered.has_value()) return;
  const int64_t bytes = entered->inside->bytes();
  wire.call->Work(
      bytes, [&method, &environment, entered = *std::move(entered)]() mutable {
        RunUnaryCall(method, environment, std::move(entered));
      });
}

// Has calls of a unary method answered. `method` and `environment` outlive the
// router.
template <typename Request, typename Response, typename Call, typename Reply>
void AddUnary(absl::string_view service,
              const PipelineMethod<Request, Response, Call, Reply>& method,
              const CallEnvironment& environment, CallRouter* router) {
  router->Add(service, MethodName(method.method),
              [&method, &environment](const RequestWire& wire) {
                StartUnaryCall(method, environment, wire);
              });
}

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_PIPELINE_CALL_H_
