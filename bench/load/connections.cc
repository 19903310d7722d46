#include "bench/load/connections.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <utility>

namespace parley::load {
namespace {

std::shared_ptr<grpc::Channel> Connect(const std::string& server) {
  grpc::ChannelArguments arguments;
  // Or channels with equal arguments would share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A refusal is an answer to be counted, and no reason to call again.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(),
                                   arguments);
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

void CountTokens(const v1::TranslateResult& result, Answer* answer) {
  answer->num_source_tokens += result.source_tokens();
  if (result.hypotheses_size() > 0) {
    answer->num_target_tokens += result.hypotheses(0).token_ids_size();
  }
}

void CountTokens(const v1::EmbedResult& result, Answer* answer) {
  answer->num_source_tokens += result.tokens();
}

template <typename Response>
Answer ToAnswer(const grpc::Status& status, const Response& response) {
  Answer answer;
  answer.code = static_cast<absl::StatusCode>(status.error_code());
  if (!status.ok()) return answer;
  for (const auto& result : response.results()) {
    if (result.status().code() == 0) {
      ++answer.num_texts;
      CountTokens(result, &answer);
    } else if (answer.code == absl::StatusCode::kOk) {
      answer.code = static_cast<absl::StatusCode>(result.status().code());
    }
  }
  answer.queue_time = ToDuration(response.timing().queue());
  answer.compute_time = ToDuration(response.timing().compute());
  return answer;
}

// Belongs to the callback that waits for it, and to whoever may cancel it.
template <typename Request, typename Response>
class Exchange : public ActiveCall {
 public:
  explicit Exchange(Request request) : request_(std::move(request)) {}

  void Cancel() override { context_.TryCancel(); }

  // `method(context, request, response, callback)` makes the call.
  template <typename Method>
  static std::shared_ptr<ActiveCall> Start(Request request, absl::Time deadline,
                                           std::function<void(Answer)> done,
                                           Method method) {
    auto call = std::make_shared<Exchange>(std::move(request));
    call->context_.set_deadline(absl::ToChronoTime(deadline));
    method(&call->context_, &call->request_, &call->response_,
           [call, done = std::move(done)](grpc::Status status) {
             done(ToAnswer(status, call->response_));
           });
    return call;
  }

 private:
  grpc::ClientContext context_;
  const Request request_;
  Response response_;
};

}  // namespace

Connections::Connections(const std::string& server, int num_connections) {
  for (int i = 0; i < num_connections; ++i) {
    const std::shared_ptr<grpc::Channel> channel = Connect(server);
    stubs_.push_back({v1::TranslationService::NewStub(channel),
                      v1::EmbeddingService::NewStub(channel)});
  }
}

std::shared_ptr<ActiveCall> Connections::Start(
    CallPlan plan, absl::Time deadline, std::function<void(Answer)> done) {
  Stubs& stubs = stubs_[next_.fetch_add(1) % stubs_.size()];
  if (plan.embed.has_value()) {
    return Exchange<v1::EmbedRequest, v1::EmbedResponse>::Start(
        *std::move(plan.embed), deadline, std::move(done),
        [&stubs](auto... arguments) {
          stubs.embedding->async()->Embed(std::move(arguments)...);
        });
  }
  return Exchange<v1::TranslateRequest, v1::TranslateResponse>::Start(
      *std::move(plan.translate), deadline, std::move(done),
      [&stubs](auto... arguments) {
        stubs.translation->async()->Translate(std::move(arguments)...);
      });
}

}  // namespace parley::load
