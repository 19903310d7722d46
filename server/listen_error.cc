#include "server/listen_error.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace parley {
namespace {

// errno of binding to `address`, 0 where it worked.
int TryBind(const addrinfo& address) {
  const int fd = socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC,
                        address.ai_protocol);
  if (fd < 0) return errno;
  absl::Cleanup closer = [fd] { close(fd); };
  // As gRPC does: connections that just ended do not hold the port.
  const int enable = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &enable, sizeof(enable));
  if (bind(fd, address.ai_addr, address.ai_addrlen) != 0) return errno;
  return listen(fd, 1) == 0 ? 0 : errno;
}

std::string Reason(const std::string& host, int port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* addresses = nullptr;
  const int resolved =
      getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &addresses);
  if (resolved != 0) return gai_strerror(resolved);
  absl::Cleanup freer = [addresses] { freeaddrinfo(addresses); };
  for (const addrinfo* address = addresses; address != nullptr;
       address = address->ai_next) {
    const int error = TryBind(*address);
    if (error == EADDRINUSE) {
      return "the port is in use; port 0 takes any free one";
    }
    if (error != 0) return strerror(error);
  }
  return "the reason is in the log";
}

}  // namespace

absl::Status ExplainListenFailure(const std::string& host, int port) {
  absl::string_view bare = host;
  if (absl::ConsumePrefix(&bare, "[")) absl::ConsumeSuffix(&bare, "]");
  return absl::UnavailableError(absl::StrCat("cannot listen on ", host,
                                             " port ", port, ": ",
                                             Reason(std::string(bare), port)));
}

}  // namespace parley
