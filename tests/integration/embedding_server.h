// A server process with encoder models, for tests over the wire.
#ifndef PARLEY_TESTS_INTEGRATION_EMBEDDING_SERVER_H_
#define PARLEY_TESTS_INTEGRATION_EMBEDDING_SERVER_H_

#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "parley/v1/embedding.grpc.pb.h"
#include "tests/integration/tiny_models.h"
#include "tests/server/rpc/grpc_fixture.h"
#include "tests/server/server_process.h"

namespace parley {

inline constexpr char kMiniLm[] = ".deps/models/all-MiniLM-L6-v2";

// The vectors' model, where tools/setup.sh has put it.
inline std::string MiniLmArgument() {
  EXPECT_TRUE(std::filesystem::exists(absl::StrCat(kMiniLm, "/config.json")))
      << kMiniLm << " is missing: run tools/setup.sh";
  return absl::StrCat("minilm=", kMiniLm);
}

class EmbeddingClient {
 public:
  using Stub = v1::EmbeddingService::Stub;

  explicit EmbeddingClient(const std::string& address)
      : channel_(ChannelTo(address)) {}

  // Calls `method`; `status` gets what it ended with.
  template <typename Request, typename Response>
  Response Call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                             const Request&, Response*),
                const Request& request, grpc::Status* status) {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    Response response;
    *status = (stub_.get()->*method)(&context, request, &response);
    return response;
  }

  // Where it must end well.
  template <typename Request, typename Response>
  Response Good(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                             const Request&, Response*),
                const Request& request) {
    grpc::Status status;
    Response response = Call(method, request, &status);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  Stub* stub() const { return stub_.get(); }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<Stub> stub_ = v1::EmbeddingService::NewStub(channel_);
};

// A server and its client; `models` as --models takes them.
class EmbeddingServer {
 public:
  explicit EmbeddingServer(const std::string& models,
                           std::vector<std::string> more_arguments = {})
      : process_({.arguments = Arguments(models, std::move(more_arguments))}) {
    const std::string address = process_.WaitUntilReady();
    EXPECT_NE(address, "") << process_.err();
    client_ = std::make_unique<EmbeddingClient>(address);
  }

  // Asks it to end, and expects that it does so well.
  void End() {
    process_.Signal(SIGTERM);
    EXPECT_EQ(process_.WaitForExit(), 0) << process_.err();
  }

  ServerProcess& process() { return process_; }
  EmbeddingClient& client() { return *client_; }

 private:
  static std::vector<std::string> Arguments(const std::string& models,
                                            std::vector<std::string> more) {
    more.push_back("--models=" + models);
    more.push_back("--grpc_port=0");
    return more;
  }

  ServerProcess process_;
  std::unique_ptr<EmbeddingClient> client_;
};

inline std::vector<float> Floats(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace parley

#endif  // PARLEY_TESTS_INTEGRATION_EMBEDDING_SERVER_H_
