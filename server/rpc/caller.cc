#include "server/rpc/caller.h"

#include "absl/strings/str_cat.h"

namespace parley {

std::string CallerOf(const grpc::ServerContextBase& context) {
  for (const char* name : {"authorization", "x-api-key"}) {
    const auto found = context.client_metadata().find(name);
    if (found == context.client_metadata().end()) continue;
    return absl::StrCat("key ", absl::string_view(found->second.data(),
                                                  found->second.length()));
  }
  return std::string(AddressOfPeer(context.peer()));
}

absl::string_view AddressOfPeer(absl::string_view peer) {
  const bool has_port =
      peer.rfind("ipv4:", 0) == 0 || peer.rfind("ipv6:", 0) == 0;
  return has_port ? peer.substr(0, peer.rfind(':')) : peer;
}

}  // namespace parley
