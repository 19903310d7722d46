// Who a call is from, as far as fairness goes.
#ifndef PARLEY_SERVER_RPC_CALLER_H_
#define PARLEY_SERVER_RPC_CALLER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"

namespace parley {

// Names the caller: by the API key in its metadata ("authorization" or
// "x-api-key", which nobody checks here) if there is one, else by the address
// it calls from, whatever its port. Never to be logged.
std::string CallerOf(const grpc::ServerContextBase& context);

// gRPC's name of a peer ("ipv4:127.0.0.1:53422") without the port.
absl::string_view AddressOfPeer(absl::string_view peer);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_CALLER_H_
