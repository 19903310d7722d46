// Asks a server how it is.
#ifndef PARLEY_TESTS_SERVER_RPC_HEALTH_OF_H_
#define PARLEY_TESTS_SERVER_RPC_HEALTH_OF_H_

#include <memory>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "tests/server/rpc/grpc_fixture.h"

namespace parley {

// The state of `name`, -1 where it is not known.
inline int HealthOf(const std::shared_ptr<grpc::Channel>& channel,
                    const std::string& name) {
  grpc::ClientContext context;
  SetTestDeadline(&context);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(name);
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status = grpc::health::v1::Health::NewStub(channel)->Check(
      &context, request, &response);
  return status.ok() ? static_cast<int>(response.status()) : -1;
}

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_RPC_HEALTH_OF_H_
