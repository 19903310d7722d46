// A gRPC server on a free port of the loopback, and a channel to it.
#ifndef PARLEY_TESTS_SERVER_RPC_GRPC_FIXTURE_H_
#define PARLEY_TESTS_SERVER_RPC_GRPC_FIXTURE_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/rpc/wire/call_router.h"
#include "server/rpc/wire/call_server.h"

namespace parley {

// A channel that goes straight to `address`, whatever the environment says of
// proxies.
inline std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

class LoopbackServer {
 public:
  // `service` must outlive this.
  explicit LoopbackServer(WireService* service) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    server_ = CallServer::Start(&builder, {service});
    EXPECT_NE(server_, nullptr);
    address_ = absl::StrCat("127.0.0.1:", port);
    channel_ = ChannelTo(address_);
  }
  const std::string& address() const { return address_; }
  std::shared_ptr<grpc::Channel> channel() const { return channel_; }
  CallServer* server() const { return server_.get(); }

 private:
  std::unique_ptr<CallServer> server_;
  std::string address_;
  std::shared_ptr<grpc::Channel> channel_;
};

// No call of a test takes longer.
inline void SetTestDeadline(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::seconds(30));
}

// Nor one of a whole program, which computes with a real model and shares the
// machine with others.
inline void SetLongDeadline(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::minutes(3));
}

// Sends `request` as the bytes of a unary call's request.
inline grpc::Status CallWithBytes(const std::shared_ptr<grpc::Channel>& channel,
                                  const std::string& method,
                                  const std::string& request) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  SetTestDeadline(&context);
  grpc::Slice slice(request);
  grpc::ByteBuffer request_bytes(&slice, 1);
  grpc::CompletionQueue queue;
  auto call = stub.PrepareUnaryCall(&context, method, request_bytes, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  return status;
}

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_RPC_GRPC_FIXTURE_H_
