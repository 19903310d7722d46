// Why an address cannot be listened on.
#ifndef PARLEY_SERVER_LISTEN_ERROR_H_
#define PARLEY_SERVER_LISTEN_ERROR_H_

#include <string>

#include "absl/status/status.h"

namespace parley {

// Tries to bind `host` and `port`, to learn what gRPC does not tell: it says
// only that it could not. UNAVAILABLE, naming the address, and the system's
// reason where there still is one. Looks the host's name up, so may block.
absl::Status ExplainListenFailure(const std::string& host, int port);

}  // namespace parley

#endif  // PARLEY_SERVER_LISTEN_ERROR_H_
